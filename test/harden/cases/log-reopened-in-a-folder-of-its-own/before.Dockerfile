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
CMD ["python3", "/opt/board.py"]
