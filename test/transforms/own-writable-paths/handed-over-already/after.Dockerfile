FROM node:22-slim
ADD https://example.org/app.tgz /tmp/
RUN tar -xzf /tmp/app.tgz -C /srv && chown -R node:node /srv/app
VOLUME /srv/app
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "/srv/app/server.js"]
