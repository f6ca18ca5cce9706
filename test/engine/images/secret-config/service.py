"""Answers who asks with the right password, which only root may read from the configuration."""

import base64
import configparser
import http.server

config = configparser.ConfigParser()
with open("/etc/service/service.ini") as file:
    config.read_file(file)
expected = "Basic " + base64.b64encode(b"admin:" + config["service"]["password"].encode()).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        allowed = self.headers["Authorization"] == expected
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()


http.server.HTTPServer(("", config.getint("service", "port")), Handler).serve_forever()
