FROM python:3.12-slim
WORKDIR /app
COPY <<'EOF' /app/manage.py
EOF
COPY <<'EOF' /app/site/settings.py
import os
from pathlib import Path
BASE_DIR = Path(__file__).resolve(strict=True).parent.parent
INSTALLED_APPS = []
STATIC_ROOT = os.getenv('STATIC_ROOT', os.path.join(BASE_DIR, 'static_files'))
EOF
COPY <<'EOF' /app/other/settings.py
INSTALLED_APPS = []
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "assets"))
EOF
COPY <<'EOF' /app/third/settings.py
INSTALLED_APPS = []
STATIC_ROOT = read_option("static")
EOF
COPY --chmod=755 <<'EOF' /boot.sh
#!/bin/sh
python manage.py collectstatic --noinput --clear
exec gunicorn site.wsgi
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: Django's STATIC_ROOT: collectstatic fills it at start
RUN install -d -o 10001 -g 10001 /app/assets /app/static_files
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/boot.sh"]
