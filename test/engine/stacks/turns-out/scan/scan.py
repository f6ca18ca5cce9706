import http.server
import os
import sys

if os.geteuid() != 0:
    sys.exit("scan: this has to be run as root")
os.makedirs("/srv/findings", exist_ok=True)
os.chown("/srv/findings", 1234, 1234)


class Scan(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"nothing found\n")


http.server.ThreadingHTTPServer(("", 8090), Scan).serve_forever()
