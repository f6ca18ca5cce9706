FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends busybox runit && install -d -o www-data /var/log/web
COPY --chmod=755 <<'EOF' /etc/service/web/run
#!/bin/sh
exec 2>&1
exec chpst -u www-data busybox httpd -f -v -p 80 -h /srv/www
EOF
COPY --chmod=755 <<'EOF' /etc/service/web/log/run
#!/bin/sh
exec chpst -u www-data svlogd -tt /var/log/web
EOF
# harden-image: listen above 1024 (run said 80)
RUN sed -i -E \
      's#exec chpst -u www-data busybox httpd -f -v -p 80 -h /srv/www#exec chpst -u www-data busybox httpd -f -v -p 8080 -h /srv/www#' \
      /etc/service/web/run
# harden-image: it starts as www-data already, and only root can run chpst
RUN sed -i -E \
      's#exec chpst -u www-data busybox httpd -f -v -p 8080 -h /srv/www#exec busybox httpd -f -v -p 8080 -h /srv/www#' \
      /etc/service/web/run \
 && sed -i -E \
      's#exec chpst -u www-data svlogd -tt /var/log/web#exec svlogd -tt /var/log/web#' /etc/service/web/log/run
EXPOSE 8080
# harden-image: www-data (33:33), chpst switches to it in /etc/service/web/run
USER 33:33
CMD ["runsvdir", "-P", "/etc/service"]
