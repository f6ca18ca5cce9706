# upsd is nut-server's, whose configuration is closed to others: the names say nothing of it.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends nut-server
EXPOSE 3493
CMD upsdrvctl start && exec upsd -F
