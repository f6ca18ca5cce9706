from debian:trixie-slim
env PORT=8080
# harden-image: app (10001:10001): the image has no service account for it
run groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
expose 8080
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
user 10001:10001
healthcheck cmd nc -z localhost 8080
cmd ["app"]
