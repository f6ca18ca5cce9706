FROM debian:trixie-slim
RUN apt-get install gosu
ENTRYPOINT ["gosu", "www-data", "app"]
CMD ["--verbose"]
