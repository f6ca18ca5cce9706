FROM node:22 AS builder
WORKDIR /app
COPY <<'EOF' package.json
{ "scripts": { "start:dev": "nest start --watch", "start": "node dist/main" } }
EOF
COPY <<'EOF' nest-cli.json
{
  "compilerOptions": {
    "deleteOutDir": true
  }
}
EOF
COPY <<'EOF' src/main.ts
console.log(1)
EOF
RUN npm ci

FROM builder AS dev
# harden-image: nest removes dist and makes it anew; and more
RUN mkdir -p /app/dist \
 && chown -Rh 1000:1000 /app/dist \
 && chgrp 1000 /app \
 && chmod 1775 /app
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["npm", "run", "start:dev"]

FROM builder AS watch
COPY <<'EOF' tsconfig.json
{
  "compilerOptions": {
    "outDir": "./build"
  }
}
EOF
# harden-image: tsc keeps what it compiles where it starts
RUN mkdir -p /app/build \
 && chown -Rh 1000:1000 /app/build
USER 1000:1000
CMD ["npx", "tsc", "--watch"]

FROM builder AS prod
USER 1000:1000
CMD ["npm", "start"]
