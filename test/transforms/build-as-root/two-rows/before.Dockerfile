FROM node:22
USER node
RUN apt-get update
RUN npm ci
RUN apt-get install -y git

CMD ["node", "server.js"]
