import functools
import http.server
import os
import sys

root = sys.argv[sys.argv.index("--root") + 1]


class Files(http.server.SimpleHTTPRequestHandler):
    def do_PUT(self):
        path = self.translate_path(self.path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(201)
        self.end_headers()
        self.wfile.write(b"stored\n")

    do_POST = do_PUT

    def do_GET(self):
        if self.path != "/clock":
            return super().do_GET()
        with open("/shared/clock") as file:
            lines = file.readlines()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"ticked {len(lines)} times\n".encode())


handler = functools.partial(Files, directory=root)
http.server.ThreadingHTTPServer(("", 8082), handler).serve_forever()
