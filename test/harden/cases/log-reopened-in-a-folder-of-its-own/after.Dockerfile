FROM debian:trixie-slim
RUN apt-get update && apt-get install -y python3
COPY <<EOF /opt/board.py
import signal
log = open("/var/log/board/board.log", "a")
def reopen(*_):
    global log
    log = open("/var/log/board/board.log", "a")
signal.signal(signal.SIGHUP, reopen)
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: open in /opt/board.py line 2
RUN mkdir -p /var/log/board \
 && chown 10001:10001 /var/log/board
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python3", "/opt/board.py"]
