# harden-image: decide: /etc/hosts is not given to the user: the engine mounts a /etc/hosts of its own into every container, as root's
FROM debian:12-slim
COPY --chmod=755 <<"SCRIPT" /start.sh
#!/bin/sh
echo "10.0.0.5 db.internal" >> /etc/hosts
exec serve
SCRIPT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
