FROM debian:trixie-slim
USER www-data
RUN echo 'key=1' > /etc/app.conf
RUN mkdir /srv/data
CMD ["app"]
