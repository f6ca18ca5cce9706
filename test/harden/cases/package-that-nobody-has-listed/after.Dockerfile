FROM debian:trixie-slim
RUN apt-get update && apt-get install -y icecast2
COPY --chmod=755 <<EOT /start.sh
#!/bin/sh
exec su -s /bin/sh icecast2 -c "icecast2 -c /etc/icecast2/icecast.xml"
EOT
# harden-image: it starts as icecast2 already, and only root can run su
RUN sed -i -E \
      's#exec su -s /bin/sh icecast2 -c "icecast2 -c /etc/icecast2/icecast\.xml"#exec icecast2 -c /etc/icecast2/icecast.xml#' \
      /start.sh
EXPOSE 8000
# harden-image: icecast2, su switches to it in /start.sh
USER icecast2
CMD ["/start.sh"]
