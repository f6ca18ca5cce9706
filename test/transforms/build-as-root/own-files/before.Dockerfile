FROM node:22
USER node
WORKDIR /home/node/app
RUN mkdir data && chown node data && chown node:node /home/node/app
RUN sudo apt-get update
CMD ["node", "server.js"]
