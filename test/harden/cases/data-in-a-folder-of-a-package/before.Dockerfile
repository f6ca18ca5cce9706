# The package gives /var/lib/etcd to an account of its own, and closes it.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends etcd-server
EXPOSE 2379
CMD ["etcd", "--data-dir", "/var/lib/etcd/default"]
