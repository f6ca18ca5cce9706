FROM node:22
COPY . /srv/app
USER node
CMD ["node", "/srv/app/server.js"]
