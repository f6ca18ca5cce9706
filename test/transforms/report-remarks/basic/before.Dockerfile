FROM debian:trixie-slim
RUN apt-get install -y cron
CMD ["cron", "-f"]
