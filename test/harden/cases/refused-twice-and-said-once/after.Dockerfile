# harden-image: decide: /etc/postfix is not given to the user: /etc/postfix stays root's, since a daemon that starts as root runs the commands that it names
FROM debian:trixie-slim
COPY <<PY /app/start.py
import os, shutil

for name in os.listdir("/conf"):
    os.remove(os.path.join("/etc/postfix", name))
    shutil.copyfile(name, os.path.join("/etc/postfix", name))
PY
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python3", "/app/start.py"]
