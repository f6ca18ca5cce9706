# The package gives /var/lib/etcd to an account of its own, and closes it.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends etcd-server
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named by the arguments --data-dir /var/lib/etcd/default
RUN mkdir -p /var/lib/etcd/default \
 && chown 10001:10001 /var/lib/etcd/default
EXPOSE 2379
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["etcd", "--data-dir", "/var/lib/etcd/default"]
