import argparse
import http.server
import os
import socket

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=8000)
host, port = os.environ["CACHE"].split(":")


def ask(line):
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(f"{line}\r\n".encode())
        return connection.recv(65536).decode()


class App(http.server.BaseHTTPRequestHandler):
    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self):
        item = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.answer(ask(f"RPUSH cart {item}"))

    def do_GET(self):
        self.answer(ask("LRANGE cart 0 -1"))


http.server.ThreadingHTTPServer(("", parser.parse_args().port), App).serve_forever()
