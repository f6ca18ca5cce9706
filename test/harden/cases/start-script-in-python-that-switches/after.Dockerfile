FROM debian:trixie-slim
RUN apt-get update && apt-get install -y python3 gosu
COPY --chmod=755 <<EOF /start.py
#!/usr/bin/env python3
import os
# gosu comes last
os.chown("/srv/data", 991, 991)
os.execv("/usr/sbin/gosu", ["gosu", "991:991", "/srv/shop"])
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/start.py"]
