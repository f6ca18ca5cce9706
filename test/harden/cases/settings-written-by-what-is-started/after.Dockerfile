FROM python:3.13-slim
COPY <<"SETTINGS" /settings.py
import os
def put(name, text):
    with open(f"/etc/relay/sites/{name}", "w") as file:
        file.write(text)
    with open("/etc/relay/relay.conf", "w") as file:
        file.write(text)
put("main", os.environ["SITE"])
SETTINGS
COPY <<"OTHER" /srv/install.py
open("/etc/relay-agent/agent.conf", "w").write("")
OTHER
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
python3 /settings.py
exec python3 -m http.server
START
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: open in /settings.py lines 5 and 3
RUN mkdir -p /etc/relay/sites \
 && touch /etc/relay/relay.conf \
 && chown 10001:10001 /etc/relay/relay.conf /etc/relay/sites
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
