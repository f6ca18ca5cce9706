FROM node:22
USER node
RUN npm ci
USER 1000:1000
CMD ["node", "server.js"]
