FROM debian:trixie-slim
RUN apt-get update && apt-get install -y icecast2
COPY --chmod=755 <<EOT /start.sh
#!/bin/sh
exec su -s /bin/sh icecast2 -c "icecast2 -c /etc/icecast2/icecast.xml"
EOT
EXPOSE 8000
CMD ["/start.sh"]
