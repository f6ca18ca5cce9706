# harden-image: decide: /etc is not given to the user: /etc belongs to the system and is never handed over
FROM node:22-slim
# harden-image: declared by VOLUME
RUN install -d -o 1000 -g 1000 /srv/state
VOLUME ["/etc", "/srv/state"]
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "/app/server.js"]
