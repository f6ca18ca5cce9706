FROM node:22 AS base
WORKDIR /srv
COPY . .

FROM base AS worker
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "worker.js"]

FROM base AS web
EXPOSE 3000
USER 1000:1000
CMD ["node", "web.js"]
