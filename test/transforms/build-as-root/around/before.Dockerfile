FROM node:22
USER node
WORKDIR /home/node/app
COPY --chown=node . .
RUN npm ci
# fonts for the reports
RUN apt-get update && apt-get install -y fontconfig
RUN npm run build
CMD ["node", "server.js"]
