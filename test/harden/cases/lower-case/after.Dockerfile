from node:22
workdir /srv/app
copy . .
# harden-image: declared by VOLUME
run install -d -o 1000 -g 1000 /srv/app/uploads
volume /srv/app/uploads
env PORT=8080
expose 8080
# harden-image: node (1000:1000), the account that its vendor runs it as
user 1000:1000
cmd ["node", "server.js"]
