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
CMD ["python3", "server.py"]
