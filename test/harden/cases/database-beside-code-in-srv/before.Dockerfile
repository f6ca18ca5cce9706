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
EXPOSE 8000
CMD ["python3", "app.py"]
