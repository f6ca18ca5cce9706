import http.server
import os
import pathlib

import redis

RESULTS = pathlib.Path(os.environ["RESULTS"])


class Api(http.server.BaseHTTPRequestHandler):
    def answer(self, status, text):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self):
        job = self.rfile.read(int(self.headers["Content-Length"])).decode()
        redis.call("LPUSH", "jobs", job)
        self.answer(202, "queued\n")

    def do_GET(self):
        result = RESULTS / os.path.basename(self.path)
        if result.is_file():
            self.answer(200, result.read_text())
        else:
            self.answer(404, "not yet\n")


http.server.ThreadingHTTPServer(("", 5000), Api).serve_forever()
