FROM python:3.12
RUN pip install transformers torch
WORKDIR /app
COPY <<'EOF' /app/pull_model.py
from transformers import pipeline
pipeline('object-detection')
EOF
COPY <<'EOF' /app/server.py
from transformers import pipeline
EOF
RUN python3 pull_model.py
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: what Hugging Face Hub installs in line 11 is there; and more
RUN mkdir -p /root/.cache/huggingface/hub \
 && chown 10001:10001 /root/.cache/huggingface /root/.cache/huggingface/hub \
 && chmod go+x /root
ENV HF_HOME=/root/.cache/huggingface
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python3", "server.py"]
