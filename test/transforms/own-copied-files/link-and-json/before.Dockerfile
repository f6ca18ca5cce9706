FROM debian:trixie-slim
WORKDIR /srv/app
COPY --link --chmod=755 run.sh /usr/local/bin/
add --link ["my files", "/srv/app/"]
COPY --chown=0:0 certificates /srv/certificates
CMD ["run.sh"]
