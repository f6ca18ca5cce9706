FROM node:22-slim
WORKDIR /srv/app
COPY package*.json ./
RUN npm ci --omit=dev
COPY . .
ENV NODE_ENV=production PORT=8080
EXPOSE 8080
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
HEALTHCHECK --interval=10s CMD curl -f http://localhost:8080/health || exit 1
CMD ["node", "server.js"]
