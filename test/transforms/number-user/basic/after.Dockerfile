FROM node:22
COPY . /srv/app
USER 1000:1000
CMD ["node", "/srv/app/server.js"]
