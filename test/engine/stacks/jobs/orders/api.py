import http.server
import sqlite3


class Api(http.server.BaseHTTPRequestHandler):
    def answer(self, status, text):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        with sqlite3.connect("/data/app.db") as database:
            rows = database.execute("select item from orders").fetchall()
        self.answer(200, "".join(f"{item}\n" for (item,) in rows))

    def do_POST(self):
        item = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with sqlite3.connect("/data/app.db") as database:
            database.execute("insert into orders values (?)", (item,))
        self.answer(201, "ordered\n")


http.server.ThreadingHTTPServer(("", 8080), Api).serve_forever()
