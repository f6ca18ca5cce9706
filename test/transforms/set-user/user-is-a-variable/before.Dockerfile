FROM node:22
ARG WHO
USER $WHO
CMD ["node", "server.js"]
