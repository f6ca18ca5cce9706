from http.server import BaseHTTPRequestHandler, HTTPServer

from pages import page


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = page(self.path).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("", 8000), Handler).serve_forever()
