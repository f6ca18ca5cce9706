FROM debian:trixie-slim AS made
RUN mkdir -p /opt/board && touch /opt/board/posts /opt/list \
# harden-image: named by the command, and made empty by RUN in line 2
 && chown 10001:10001 /opt/board /opt/board/posts /opt/list
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["boardd", "/opt/board", "/opt/list"]

FROM debian:trixie-slim AS elsewhere
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: what the command names
RUN mkdir -p /run/board /var/lib/board \
 && chown 10001:10001 /run/board /var/lib/board
USER 10001:10001
CMD ["boardd", "/run/board/socket", "/var/lib/board/posts"]

FROM debian:trixie-slim AS read
RUN mkdir -p /opt/pages && touch /opt/pages/list
COPY index.html /opt/pages/index.html
COPY board.py /var/lib/board/board.py
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
USER 10001:10001
ENTRYPOINT ["python3", "/var/lib/board/board.py"]
CMD ["/opt/pages", "--from", "/var/lib/feed", "/run/secrets/token", "/etc/board"]

FROM debian:trixie-slim AS shown
RUN mkdir -p /opt/board
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
USER 10001:10001
CMD ["tail", "-f", "/opt/board", "/var/lib/board/log"]
