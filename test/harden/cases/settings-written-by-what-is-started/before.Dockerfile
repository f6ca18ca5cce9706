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
CMD ["/start.sh"]
