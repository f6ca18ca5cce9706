FROM node:22
ARG WHO=root
USER $WHO
CMD ["node", "server.js"]
