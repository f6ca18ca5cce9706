FROM debian:trixie-slim
RUN apt-get update && apt-get install -y icecast2
COPY --chmod=755 <<EOT /start.sh
#!/bin/sh
exec su -s /bin/sh icecast2 -c "icecast2 -c /etc/icecast2/icecast.xml"
EOT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: the container starts as icecast2 already, and only root can run su
RUN sed -i -E 's#exec su -s /bin/sh icecast2 -c "icecast2 -c /etc/icecast2/icecast\.xml"#exec /bin/sh -c "exec icecast2 -c /etc/icecast2/icecast.xml"#' /start.sh
EXPOSE 8000
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
