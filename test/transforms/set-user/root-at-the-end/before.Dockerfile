FROM node:22
COPY . /srv/app
USER root
CMD ["node", "/srv/app/server.js"]
