# Its own file sets what the vendor's way would set by an argument.
FROM traefik:v3.0
COPY <<EOF /etc/traefik/traefik.yml
entryPoints:
  web:
    address: ":80"
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN addgroup -g 10001 app \
 && adduser -D -u 10001 -G app -h /home/app -s /sbin/nologin app
# harden-image: listen above 1024 (traefik.yml said 80)
RUN sed -i -E 's/address: ":80\b/address: ":8000/' /etc/traefik/traefik.yml
EXPOSE 8000
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
