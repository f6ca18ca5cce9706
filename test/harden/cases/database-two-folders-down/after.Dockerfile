FROM debian:trixie-slim
RUN apt-get update && apt-get install -y python3-django
WORKDIR /srv/site
COPY <<EOF /srv/site/site/settings.py
import os
BASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INSTALLED_APPS = ["django.contrib.auth"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(BASE_DIR, "var", "site.sqlite3")}}
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: Django's SQLite database, which keeps its journal beside it
RUN install -d -o 10001 -g 10001 /srv/site/var
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python3", "manage.py", "runserver", "0.0.0.0:8000"]
