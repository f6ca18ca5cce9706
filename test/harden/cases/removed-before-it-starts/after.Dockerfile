FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3
COPY app.py /srv/app.py
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named by the arguments -l /var/lib/app/log; and more
RUN mkdir -p /var/lib/app/log /var/lib/app/run \
 && chown 10001:10001 /var/lib/app/log /var/lib/app/run
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD rm -f /var/lib/app/pid && rm -r /var/lib/app/old && mkdir -p /var/lib/app/run && exec python3 /srv/app.py -l /var/lib/app/log
