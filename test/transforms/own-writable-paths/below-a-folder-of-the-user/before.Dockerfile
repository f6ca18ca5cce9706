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
VOLUME /data/media
CMD ["python", "/usr/local/bin/board.py"]
