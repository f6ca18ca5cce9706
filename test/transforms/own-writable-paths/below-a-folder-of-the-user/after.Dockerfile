FROM python:3.13-slim
WORKDIR /srv/board
RUN mkdir /data
COPY <<"EOF" /usr/local/bin/board.py
import os, sqlite3
sqlite3.connect("/data/board.db")
os.makedirs("/data/uploads", exist_ok=True)
os.makedirs("/data/media", exist_ok=True)
open("/data/board.log", "a")
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: made by RUN in line 3; declared by VOLUME
RUN install -d -o 10001 -g 10001 /data/media \
 && chown 10001:10001 /data
VOLUME /data/media
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python", "/usr/local/bin/board.py"]
