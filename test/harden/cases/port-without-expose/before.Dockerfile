# Many leave out EXPOSE. Whom it forwards to stays.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y prometheus
CMD ["prometheus", "--storage.tsdb.path=/data", "--web.listen-address=:80", "--remote.url=http://10.0.0.1:81"]
