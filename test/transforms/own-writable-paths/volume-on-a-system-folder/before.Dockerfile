FROM node:22-slim
VOLUME ["/etc", "/srv/state"]
CMD ["node", "/app/server.js"]
