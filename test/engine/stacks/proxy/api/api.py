import http.server
import os
import sqlite3

database = sqlite3.connect("/data/notes.db", check_same_thread=False)
database.execute("create table if not exists notes (body text)")


def keep(path, text):
    with open(path, "w") as file:
        file.write(text)


class Api(http.server.BaseHTTPRequestHandler):
    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        if self.path == "/health":
            return self.answer(200, "healthy\n")
        rows = database.execute("select body from notes")
        self.answer(200, "".join(f"{body}\n" for (body,) in rows))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with database:
            database.execute("insert into notes values (?)", (body,))
        keep("/data/last", body)
        self.answer(201, "kept\n")


http.server.HTTPServer(("", int(os.environ["PORT"])), Api).serve_forever()
