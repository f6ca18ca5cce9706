FROM debian:trixie-slim
RUN apt-get update && apt-get install -y coturn
EXPOSE 3478
CMD ["turnserver", "-n"]
