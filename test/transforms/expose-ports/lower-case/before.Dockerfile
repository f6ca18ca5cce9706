from debian:trixie-slim
env PORT=80
expose 80
healthcheck cmd nc -z localhost 80
cmd ["app"]
