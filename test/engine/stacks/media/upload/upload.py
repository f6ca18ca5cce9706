import http.server
import os
import pathlib

INBOX = pathlib.Path(os.environ["MEDIA_DIR"]) / "in"


class Upload(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        name = os.path.basename(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (INBOX / name).write_bytes(body)
        self.send_response(201)
        self.end_headers()
        self.wfile.write(f"{name}\n".encode())

    def do_GET(self):
        names = "".join(f"{path.name}\n" for path in sorted(INBOX.iterdir()))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(names.encode())


http.server.ThreadingHTTPServer(("", 80), Upload).serve_forever()
