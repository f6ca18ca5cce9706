FROM python:3.13-slim
COPY <<EOT /app/main.py
open("/ready", "w").close()
RotatingFileHandler("/main.log")
EOT
CMD ["python3", "/app/main.py"]
