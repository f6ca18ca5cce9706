FROM node:22
# harden-image: www-data (33:33), as asked for
USER 33:33
CMD ["node", "server.js"]
