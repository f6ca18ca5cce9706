"""Stands for a Flask application: its instance folder is beside the package."""
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

# app = Flask(__name__, instance_relative_config=True)
INSTANCE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "instance")
instance_relative_config = True


def create_app():
    os.makedirs(INSTANCE, exist_ok=True)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            with open(os.path.join(INSTANCE, "orders"), "a") as orders:
                orders.write("x")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(str(os.path.getsize(os.path.join(INSTANCE, "orders"))).encode())

    return HTTPServer(("", 5000), Handler)
