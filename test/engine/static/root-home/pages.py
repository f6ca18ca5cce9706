import pathlib

VISITS = pathlib.Path("data/visits")


def page(path):
    if path != "/visits":
        return "home"
    count = int(VISITS.read_text()) + 1 if VISITS.exists() else 1
    VISITS.write_text(str(count))
    return f"visit {count}"
