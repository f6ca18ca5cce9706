# escape=`
FROM debian:trixie-slim
RUN apt-get update `
 && apt-get install -y app
VOLUME /data
CMD ["app"]
