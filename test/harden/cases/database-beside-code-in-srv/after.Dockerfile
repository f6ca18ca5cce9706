FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3-flask
WORKDIR /srv
COPY <<"PROGRAM" app.py
import sqlite3
from flask import Flask

app = Flask(__name__)

@app.get("/")
def count():
    with sqlite3.connect("visits.db") as db:
        db.execute("create table if not exists visits (at default current_timestamp)")
        db.execute("insert into visits default values")
        return f"{db.execute('select count(*) from visits').fetchone()[0]} visits\n"

app.run(host="0.0.0.0", port=8000)
PROGRAM
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: sqlite3.connect in /srv/app.py line 8
RUN chgrp 10001 /srv \
 && chmod 1775 /srv
EXPOSE 8000
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python3", "app.py"]
