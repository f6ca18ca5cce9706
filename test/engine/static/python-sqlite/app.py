import sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

BASE = Path(__file__).resolve().parent
DB = BASE / "visits.db"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        with sqlite3.connect(DB) as db:
            db.execute("insert into visit values (?)", (self.path,))
            count = db.execute("select count(*) from visit").fetchone()[0]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(count).encode())


if __name__ == "__main__":
    sqlite3.connect(DB).executescript((BASE / "schema.sql").read_text())
    HTTPServer(("", 8000), Handler).serve_forever()
