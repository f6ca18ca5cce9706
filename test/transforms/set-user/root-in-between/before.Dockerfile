FROM node:22
USER node
RUN npm ci
USER root
RUN apt-get update
CMD ["node", "server.js"]
