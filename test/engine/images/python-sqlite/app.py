"""Counts its visits in SQLite beside the code, and keeps the last page in a cache in the home folder."""

import http.server
import pathlib
import sqlite3

CACHE = pathlib.Path.home() / ".cache" / "counter"
CACHE.mkdir(parents=True, exist_ok=True)

database = sqlite3.connect("counter.db")
database.execute("create table if not exists visits (at text default current_timestamp)")
database.commit()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        database.execute("insert into visits default values")
        database.commit()
        (count,) = database.execute("select count(*) from visits").fetchone()
        page = f"{count}\n".encode()
        (CACHE / "last-page").write_bytes(page)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)


http.server.HTTPServer(("", 8000), Handler).serve_forever()
