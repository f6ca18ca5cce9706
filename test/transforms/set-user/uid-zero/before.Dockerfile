FROM node:22
USER 0:0
CMD ["node", "server.js"]
