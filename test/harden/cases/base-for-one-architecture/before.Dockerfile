FROM arm64v8/node:22-alpine
WORKDIR /app
COPY server.js .
CMD ["node", "server.js"]
