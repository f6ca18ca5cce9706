FROM node:22
ARG WHO=root
USER 1000:1000
CMD ["node", "server.js"]
