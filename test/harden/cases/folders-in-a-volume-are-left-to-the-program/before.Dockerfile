FROM python:3.13-slim
WORKDIR /srv/club
RUN pip install flask
COPY <<EOF app.py
import os
os.makedirs('/srv/club/models/large', exist_ok=True)
os.makedirs('/srv/club/models/small', exist_ok=True)
open('/srv/club/models/small/index', 'w')
EOF
VOLUME /srv/club/models
CMD ["python", "app.py"]
