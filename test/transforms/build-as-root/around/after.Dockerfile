FROM node:22
USER 1000:1000
WORKDIR /home/node/app
COPY --chown=node . .
RUN npm ci
# harden-image: only root runs apt-get update
USER 0
# fonts for the reports
RUN apt-get update && apt-get install -y fontconfig
USER 1000:1000
RUN npm run build
CMD ["node", "server.js"]
