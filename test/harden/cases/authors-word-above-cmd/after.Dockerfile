FROM debian:trixie-slim
# run as root to install packages
RUN apt-get update && apt-get install -y --no-install-recommends python3
COPY <<'EOF' /srv/server.py
print("up")
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
# Intentionally not running as www-data, since volumes of old installations
# belong to root, see #769
# harden-image: decide: line 7 says that root is meant: "Intentionally not running as www-data, since volumes of old installations belong to root, see #769"
CMD ["python3", "/srv/server.py"]
