import os
import pathlib
import time

SOURCE = pathlib.Path("static/site.scss")
BUILT = pathlib.Path("static/site.css")

while True:
    built = f"built from {SOURCE.read_text().strip()}\n"
    if not BUILT.exists() or BUILT.read_text() != built:
        fresh = BUILT.with_suffix(".new")
        fresh.write_text(built)
        os.replace(fresh, BUILT)
    time.sleep(0.5)
