import http.server

COUNTS = "/counts/counts"


class Api(http.server.BaseHTTPRequestHandler):
    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self):
        with open(COUNTS, "ab") as file:
            file.write(self.rfile.read(int(self.headers["Content-Length"])) + b"\n")
        self.answer("counted\n")

    def do_GET(self):
        with open(COUNTS) as file:
            self.answer(file.read())


http.server.ThreadingHTTPServer(("", 8087), Api).serve_forever()
