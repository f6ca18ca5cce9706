FROM node:22
USER node
# harden-image: declared by VOLUME
USER 0
RUN install -d -o 1000 -g 1000 /data
USER node
VOLUME /data
RUN npm ci
USER root
RUN apt-get update
# harden-image: node (1000:1000), this Dockerfile's user before it is root again
USER 1000:1000
CMD ["node", "server.js"]
