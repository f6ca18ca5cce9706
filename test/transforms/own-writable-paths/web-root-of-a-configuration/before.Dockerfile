FROM debian:trixie-slim
RUN mkdir -p /srv/www && echo hi > /srv/www/index.html
COPY <<EOF /etc/site/site.conf
listen: 8080
file.dir: /srv/www
cache.dir: /srv/cache
EOF
EXPOSE 8080
CMD ["site", "-c", "/etc/site/site.conf"]
