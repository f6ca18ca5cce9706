from node:22
workdir /srv/app
copy . .
volume /srv/app/uploads
env PORT=80
expose 80
cmd ["node", "server.js"]
