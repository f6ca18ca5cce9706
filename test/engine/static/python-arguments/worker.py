import argparse
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

parser = argparse.ArgumentParser()
for option in ("--data-dir", "--log-file", "--pidfile"):
    parser.add_argument(option)
options = parser.parse_args()
for folder in (options.data_dir, os.path.dirname(options.log_file), os.path.dirname(options.pidfile)):
    os.makedirs(folder, exist_ok=True)
with open(options.pidfile, "w") as file:
    file.write(str(os.getpid()))


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        with open(options.log_file, "a") as log:
            log.write(self.path + "\n")

    def do_GET(self):
        with open(os.path.join(options.data_dir, "job"), "a") as job:
            job.write("x")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(os.path.getsize(os.path.join(options.data_dir, "job"))).encode())


HTTPServer(("", 8000), Handler).serve_forever()
