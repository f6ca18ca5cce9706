import http.server
import os
import pathlib

STATE = pathlib.Path(os.environ["STATE"])


class Api(http.server.BaseHTTPRequestHandler):
    def answer(self, status, text):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        if self.path == "/health":
            return self.answer(200, f"{len(list(STATE.iterdir()))} uploads\n")
        file = STATE / os.path.basename(self.path)
        if file.is_file():
            return self.answer(200, file.read_text())
        self.answer(404, "no such upload\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (STATE / os.path.basename(self.path)).write_bytes(body)
        self.answer(201, "uploaded\n")


http.server.ThreadingHTTPServer(("", 80), Api).serve_forever()
