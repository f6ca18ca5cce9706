FROM node:22-alpine AS tools
WORKDIR /src
COPY package.json .
RUN npm install
CMD ["node", "dev.js"]

FROM tools AS pages
COPY . .
RUN npm run build

# Copies alone are root's whoever builds.
FROM tools AS sources
COPY . .

FROM sources AS checked
RUN npm test

FROM tools AS dev
USER node
RUN npm run lint

FROM nginx:1.27
COPY --from=pages /src/dist /usr/share/nginx/html
