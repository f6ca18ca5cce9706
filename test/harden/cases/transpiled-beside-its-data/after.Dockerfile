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
# harden-image: mkdirSync in main.ts line 1 fails where it is there already
RUN chgrp 1000 /app \
 && chmod 1775 /app
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "dist/main.js"]
