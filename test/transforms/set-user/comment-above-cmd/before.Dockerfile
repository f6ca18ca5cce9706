FROM node:22
COPY . /srv/app

# start the server
# with no watcher
CMD ["node", "server.js"]
