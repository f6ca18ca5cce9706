from shop import create_app

create_app().serve_forever()
