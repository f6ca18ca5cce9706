FROM node:22
WORKDIR /srv
ENV STORE_DATABASE_DIR=/srv/data/db
RUN mkdir -p /srv/data/db
COPY <<EOF /srv/package.json
{ "scripts": { "build": "true", "start": "node server.js" } }
EOF
RUN npm run build
# harden-image: /srv/data/db (named by ENV STORE_DATABASE_DIR, and left empty)
RUN chown 1000:1000 /srv/data/db
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["npm", "run", "start"]
