FROM debian:trixie-slim
RUN apt-get install gosu
# harden-image: www-data (33:33), gosu switches to it
USER 33:33
ENTRYPOINT ["app"]
CMD ["--verbose"]
