# harden-image: decide: /main.log is not given to the user: / belongs to the system and is never handed over
FROM python:3.13-slim
COPY <<EOT /app/main.py
open("/ready", "w").close()
RotatingFileHandler("/main.log")
EOT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: open in /app/main.py line 1
RUN touch /ready \
 && chown 10001:10001 /ready
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python3", "/app/main.py"]
