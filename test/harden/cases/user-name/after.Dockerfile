FROM node:22
# harden-image: svc (10001:10001): given with --user
RUN groupadd --gid 10001 svc \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/svc --create-home --shell /usr/sbin/nologin svc
# harden-image: svc (10001:10001), as asked for
USER 10001:10001
CMD ["node", "server.js"]
