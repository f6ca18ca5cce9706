FROM debian:trixie-slim
WORKDIR /srv/app
COPY <<EOF /srv/app/app.py
from flask import Flask
app = Flask(__name__)
app.run(host='0.0.0.0', port=80)
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
EXPOSE 80
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python3", "app.py"]
