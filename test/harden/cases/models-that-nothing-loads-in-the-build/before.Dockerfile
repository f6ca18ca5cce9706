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
CMD ["python3", "server.py"]
