"""Stands for Django: the same files, written by the standard library alone."""
import os
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from site_project import settings

name = settings.DATABASES["default"]["NAME"]
# Django does it in files of its own, which no build context has.
connect = sqlite3.connect


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        os.makedirs(settings.MEDIA_ROOT, exist_ok=True)
        with open(os.path.join(settings.MEDIA_ROOT, "upload"), "a") as upload:
            upload.write("x")
        with connect(name) as db:
            db.execute("insert into entry values ('x')")
            count = db.execute("select count(*) from entry").fetchone()[0]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{count} {os.path.getsize(os.path.join(settings.MEDIA_ROOT, 'upload'))}".encode())


if sys.argv[1] == "migrate":
    connect(name).execute("create table entry (text text)")
else:
    HTTPServer(("", 8000), Handler).serve_forever()
