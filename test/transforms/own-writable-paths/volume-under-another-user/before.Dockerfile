FROM node:22
USER node
VOLUME /data
RUN npm ci
USER root
RUN apt-get update
CMD ["node", "server.js"]
