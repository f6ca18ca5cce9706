FROM node:22
COPY . /srv/app
CMD ["node", "server.js"]
