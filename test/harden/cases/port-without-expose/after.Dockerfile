# Many leave out EXPOSE. Whom it forwards to stays.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y prometheus
# harden-image: app (10001:10001): prometheus may bring its own account
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named by the argument --storage.tsdb.path=/data
RUN install -d -o 10001 -g 10001 /data
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["prometheus", "--storage.tsdb.path=/data", "--web.listen-address=:8080", "--remote.url=http://10.0.0.1:81"]
