FROM debian:trixie-slim
RUN echo 'key=1' > /etc/app.conf
RUN mkdir /srv/data
USER 33:33
CMD ["app"]
