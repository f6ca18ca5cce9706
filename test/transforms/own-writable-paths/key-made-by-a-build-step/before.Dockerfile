FROM debian:trixie-slim
RUN openssl req -x509 -nodes -subj /CN=x -keyout /etc/ssl/private/site.key -out /etc/ssl/site.crt \
 && openssl genrsa -out /etc/keys/unused.key
COPY <<EOF /etc/door.conf
certificate /etc/ssl/site.crt
key /etc/ssl/private/site.key
EOF
CMD ["door", "-c", "/etc/door.conf"]
