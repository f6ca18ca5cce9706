FROM debian:trixie-slim
RUN apt-get update && apt-get install -y python3-django
WORKDIR /srv/site
COPY <<EOF /srv/site/site/settings.py
import os
BASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INSTALLED_APPS = ["django.contrib.auth"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(BASE_DIR, "var", "site.sqlite3")}}
EOF
CMD ["python3", "manage.py", "runserver", "0.0.0.0:8000"]
