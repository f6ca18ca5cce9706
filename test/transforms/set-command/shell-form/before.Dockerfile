FROM debian:trixie-slim
EXPOSE 80
CMD exec app --port 80 --proxy http://up:81
