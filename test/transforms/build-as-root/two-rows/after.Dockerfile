FROM node:22
USER 1000:1000
# harden-image: only root runs apt-get update
USER 0
RUN apt-get update
USER 1000:1000
RUN npm ci
# harden-image: only root runs apt-get install
USER 0
RUN apt-get install -y git
USER 1000:1000

CMD ["node", "server.js"]
