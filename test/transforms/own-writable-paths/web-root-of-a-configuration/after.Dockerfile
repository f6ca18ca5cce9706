FROM debian:trixie-slim
RUN mkdir -p /srv/www && echo hi > /srv/www/index.html
COPY <<EOF /etc/site/site.conf
listen: 8080
file.dir: /srv/www
cache.dir: /srv/cache
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named as cache.dir in /etc/site/site.conf line 3
RUN install -d -o 10001 -g 10001 /srv/cache
EXPOSE 8080
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["site", "-c", "/etc/site/site.conf"]
