FROM python:3.12
RUN pip install transformers torch
WORKDIR /app
COPY <<'EOF' /app/server.py
from transformers import pipeline
pipeline('object-detection')
EOF
COPY <<'EOF' /app/prepare.py
print("done")
EOF
RUN python3 prepare.py
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python3", "server.py"]
