FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends gunicorn
WORKDIR /app
COPY <<EOT gunicorn.conf.py
bind = "0.0.0.0:8000"
errorlog = "/var/log/gunicorn.log"
EOT
COPY app.py .
CMD ["gunicorn", "--pid", "/run/gunicorn.pid", "app:app"]
