FROM node:22-slim
WORKDIR /app
COPY <<EOT package.json
{ "scripts": { "start": "npm run dev -- --host", "dev": "vite --port 3000" } }
EOT
RUN npm install
COPY index.html .
CMD ["npm", "start"]
