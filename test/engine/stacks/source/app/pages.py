TITLE = "Notes"


def page(notes, built):
    return f"{TITLE} ({built.strip()})\n" + "".join(notes)
