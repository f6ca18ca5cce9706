FROM python:3.12-slim
WORKDIR /srv/app
RUN pip install celery
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
if [ "$ROLE" = worker ]; then
  celery -A app worker -B
fi
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/start.sh"]
