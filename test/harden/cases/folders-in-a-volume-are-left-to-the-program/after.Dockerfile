FROM python:3.13-slim
WORKDIR /srv/club
RUN pip install flask
COPY <<EOF app.py
import os
os.makedirs('/srv/club/models/large', exist_ok=True)
os.makedirs('/srv/club/models/small', exist_ok=True)
open('/srv/club/models/small/index', 'w')
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: declared by VOLUME
RUN install -d -o 10001 -g 10001 /srv/club/models
VOLUME /srv/club/models
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python", "app.py"]
