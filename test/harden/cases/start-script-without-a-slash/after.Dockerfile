FROM debian:trixie-slim
WORKDIR /opt/x
COPY <<EOT run.sh
exec >> /var/log/run.log 2>&1
mkdir -p output
curl -fsS -o data.json http://example.com/data.json
tar xzf bundle.tgz -C /srv/site
EOT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: made by /opt/x/run.sh at start; and more
RUN install -d -o 10001 -g 10001 /srv/site \
 && touch /opt/x/data.json /var/log/run.log \
 && chown 10001:10001 /opt/x/data.json /var/log/run.log \
 && chgrp 10001 /opt/x \
 && chmod 1775 /opt/x
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD bash run.sh
