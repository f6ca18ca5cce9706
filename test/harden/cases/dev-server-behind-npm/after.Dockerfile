FROM node:22-slim
WORKDIR /app
COPY <<EOT package.json
{ "scripts": { "start": "npm run dev -- --host", "dev": "vite --port 3000" } }
EOT
RUN npm install
COPY index.html .
# harden-image: vite keeps its configuration, bundled, where it starts; and more
RUN install -d -o 1000 -g 1000 /app/node_modules/.vite /app/node_modules/.vite-temp \
 && chgrp 1000 /app \
 && chmod 1775 /app
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["npm", "start"]
