import http.server
import json

LEDGER = "/var/lib/ledger/entries"


class Api(http.server.BaseHTTPRequestHandler):
    def answer(self, status, text):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def allowed(self):
        with open("/run/secrets/api_token") as file:
            return self.headers["X-Token"] == file.read().strip()

    def do_POST(self):
        with open("/etc/api/limits.json") as file:
            longest = json.load(file)["longest"]
        entry = self.rfile.read(int(self.headers["Content-Length"])).decode()[:longest]
        if not self.allowed():
            return self.answer(403, "forbidden\n")
        with open(LEDGER, "a") as file:
            file.write(f"{entry}\n")
        self.answer(201, "entered\n")

    def do_GET(self):
        if not self.allowed():
            return self.answer(403, "forbidden\n")
        with open(LEDGER) as file:
            self.answer(200, file.read())


http.server.ThreadingHTTPServer(("", 8443), Api).serve_forever()
