FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends gunicorn
WORKDIR /app
COPY <<EOT gunicorn.conf.py
bind = "0.0.0.0:8000"
errorlog = "/var/log/gunicorn.log"
EOT
COPY app.py .
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named by the arguments --pid /run/gunicorn.pid; and more
RUN touch /var/log/gunicorn.log \
 && chown 10001:10001 /var/log/gunicorn.log \
 && chgrp 10001 /run \
 && chmod 1775 /run
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["gunicorn", "--pid", "/run/gunicorn.pid", "app:app"]
