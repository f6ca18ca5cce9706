FROM node:22
USER node
RUN npm ci
USER root
RUN apt-get update
# harden-image: node (1000:1000), this Dockerfile's user before it is root again
USER 1000:1000
CMD ["node", "server.js"]
