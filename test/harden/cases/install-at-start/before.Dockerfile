FROM debian:trixie-slim
COPY start.sh /start.sh
WORKDIR /app
CMD sh -c "apt-get update && apt-get install -y ffmpeg && ffmpeg -version"
