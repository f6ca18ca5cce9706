import http.server
import os
import urllib.request


class Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with urllib.request.urlopen(os.environ["TARGET"], timeout=5) as answer:
            text = f"api_up 1\n# {answer.read().decode()}"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())


http.server.ThreadingHTTPServer(("", 9100), Metrics).serve_forever()
