FROM python:3.12
# A folder in every image, though nothing says so here.
COPY <<"e.sh" /usr/local/sbin
#!/bin/sh
set -e
mkdir -p /var/lib/app
exec gosu nobody python3 app.py
e.sh
RUN chmod +x /usr/local/sbin/e.sh
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: it starts as nobody already, and only root can run gosu
RUN sed -i -E 's/exec gosu nobody python3 app\.py/exec python3 app.py/' /usr/local/sbin/e.sh
# harden-image: made by /usr/local/sbin/e.sh at start
RUN mkdir -p /var/lib/app \
 && chown 10001:10001 /var/lib/app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["e.sh"]
