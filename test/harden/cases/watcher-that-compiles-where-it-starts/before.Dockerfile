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
CMD ["npm", "run", "start:dev"]

FROM builder AS watch
COPY <<'EOF' tsconfig.json
{
  "compilerOptions": {
    "outDir": "./build"
  }
}
EOF
CMD ["npx", "tsc", "--watch"]

FROM builder AS prod
CMD ["npm", "start"]
