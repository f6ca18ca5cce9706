FROM node:22-slim
ADD https://example.org/app.tgz /tmp/
RUN tar -xzf /tmp/app.tgz -C /srv && chown -R node:node /srv/app
VOLUME /srv/app
CMD ["node", "/srv/app/server.js"]
