import sqlite3
from pathlib import Path

from flask import Flask, redirect, render_template, request

app = Flask(__name__)
database = Path(app.instance_path) / "guestbook.db"
database.parent.mkdir(exist_ok=True)


def connect():
    connection = sqlite3.connect(database)
    connection.execute("create table if not exists entries (name text not null)")
    return connection


@app.get("/")
def entries():
    with connect() as connection:
        names = [name for (name,) in connection.execute("select name from entries")]
    return render_template("entries.html", names=names)


@app.post("/")
def sign():
    with connect() as connection:
        connection.execute("insert into entries values (?)", [request.form["name"]])
    return redirect("/")
