FROM debian:trixie-slim
# run as root to install packages
RUN apt-get update && apt-get install -y --no-install-recommends python3
COPY <<'EOF' /srv/server.py
print("up")
EOF
# Intentionally not running as www-data, since volumes of old installations
# belong to root, see #769
CMD ["python3", "/srv/server.py"]
