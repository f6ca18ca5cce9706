FROM python:3.12-slim
WORKDIR /srv/app
RUN pip install celery
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
if [ "$ROLE" = worker ]; then
  celery -A app worker -B
fi
EOF
ENTRYPOINT ["/start.sh"]
