FROM debian:trixie-slim
WORKDIR /opt/tool/bin
COPY <<EOT run.py
open("status", "w").write("x")
EOT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: open in /opt/tool/bin/run.py line 1
RUN chgrp 10001 /opt/tool \
 && chmod 1775 /opt/tool
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD cd .. && python3 bin/run.py
