FROM node:22 AS build
WORKDIR /src
COPY <<EOT package.json
{ "scripts": { "build": "tsc" } }
EOT
COPY <<EOT src/main.ts
require('fs').mkdirSync(join(__dirname, '..', 'uploads'))
EOT
RUN npm ci && npm run build

FROM node:22-slim
WORKDIR /app
COPY --from=build /src/dist ./dist
CMD ["node", "dist/main.js"]
