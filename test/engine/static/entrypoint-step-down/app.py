from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        with open("/var/lib/shelf/books", "a") as books:
            books.write("x")
        with open("/var/lib/shelf/books") as books:
            body = books.read()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())


HTTPServer(("", 8000), Handler).serve_forever()
