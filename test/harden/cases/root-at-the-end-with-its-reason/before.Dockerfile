FROM node:22
USER node
RUN npm ci
# The volume plugin chowns its mounts before it drops to node.
USER root
CMD ["node", "server.js"]
