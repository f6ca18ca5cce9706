FROM node:22-slim
WORKDIR /srv/app
COPY package*.json ./
RUN npm ci --omit=dev
COPY . .
ENV NODE_ENV=production PORT=80
EXPOSE 80
HEALTHCHECK --interval=10s CMD curl -f http://localhost:80/health || exit 1
CMD ["node", "server.js"]
