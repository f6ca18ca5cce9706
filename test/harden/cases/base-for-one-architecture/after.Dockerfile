FROM arm64v8/node:22-alpine
WORKDIR /app
COPY server.js .
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "server.js"]
