FROM node:22
USER 1000:1000
WORKDIR /home/node/app
RUN mkdir data && chown node data && chown node:node /home/node/app
RUN sudo apt-get update
CMD ["node", "server.js"]
