FROM node:22
WORKDIR /srv
ENV STORE_DATABASE_DIR=/srv/data/db
RUN mkdir -p /srv/data/db
COPY <<EOF /srv/package.json
{ "scripts": { "build": "true", "start": "node server.js" } }
EOF
RUN npm run build
CMD ["npm", "run", "start"]
