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
EXPOSE 80
CMD ["runsvdir", "-P", "/etc/service"]
