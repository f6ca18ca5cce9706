import http.server
import pathlib

import pages

NOTES = pathlib.Path("/var/lib/notes/notes.txt")
BUILT = pathlib.Path("static/site.css")


class App(http.server.BaseHTTPRequestHandler):
    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        notes = NOTES.read_text().splitlines(keepends=True) if NOTES.exists() else []
        self.answer(pages.page(notes, BUILT.read_text() if BUILT.exists() else "not built"))

    def do_POST(self):
        note = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with NOTES.open("a") as file:
            file.write(f"{note}\n")
        self.answer("noted\n")


http.server.ThreadingHTTPServer(("", 8000), App).serve_forever()
