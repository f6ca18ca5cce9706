import http.server
import os
import pathlib
import sys
import urllib.request

POSTS = pathlib.Path("posts")
ADMIN = "--admin" in sys.argv


def log(line):
    with open(os.environ["LOG_FILE"], "a") as file:
        file.write(f"{line}\n")


class App(http.server.BaseHTTPRequestHandler):
    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        log(self.path)
        if ADMIN:
            with urllib.request.urlopen(os.environ["SITE"], timeout=5) as site:
                return self.answer(f"preview: {site.read().decode()}")
        posts = "".join(path.read_text() for path in sorted(POSTS.glob("*.txt")))
        self.answer(f"{os.environ.get('GREETING', 'hello')}\n{posts}")

    def do_POST(self):
        log(f"new {self.path}")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (POSTS / f"{os.path.basename(self.path)}.txt").write_bytes(body + b"\n")
        self.answer("posted\n")


http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), App).serve_forever()
