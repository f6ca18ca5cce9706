FROM node:22 AS base
WORKDIR /srv
COPY . .

FROM base AS worker
CMD ["node", "worker.js"]

FROM base AS web
EXPOSE 3000
CMD ["node", "web.js"]
