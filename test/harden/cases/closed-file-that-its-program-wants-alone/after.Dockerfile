FROM debian:trixie-slim
RUN useradd --uid 999 edge && mkdir -p /etc/edge/acme /etc/edge/tls \
  && touch /etc/edge/acme/store.json /etc/edge/acme/unnamed.json && chmod 600 /etc/edge/acme/store.json /etc/edge/acme/unnamed.json \
  && openssl req -x509 -newkey rsa:2048 -nodes -keyout /etc/edge/tls/server.key -out /etc/edge/tls/server.crt -subj /CN=edge \
  && openssl rand -base64 756 > /etc/edge/mongo-keyfile && chmod 400 /etc/edge/mongo-keyfile
COPY <<EOF /etc/edge/edge.yml
acme:
  storage: /etc/edge/acme/store.json
tls:
  key: /etc/edge/tls/server.key
keyFile: /etc/edge/mongo-keyfile
EOF
# harden-image: write access to /etc/edge/acme/store.json, /etc/edge/mongo-keyfile; and read …
RUN chown 999:999 /etc/edge/acme/store.json /etc/edge/mongo-keyfile \
 && chgrp 999 /etc/edge/tls/server.key \
 && chmod 600 /etc/edge/mongo-keyfile \
 && chmod 640 /etc/edge/tls/server.key
# harden-image: edge (999:999), created by this Dockerfile
USER 999:999
CMD ["edge", "--config", "/etc/edge/edge.yml"]
