FROM node:22-alpine AS tools
WORKDIR /src
COPY package.json .
RUN npm install
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "dev.js"]

FROM tools AS pages
# harden-image: root goes on here: stage tools ends as another user now
USER 0
COPY . .
RUN npm run build

# Copies alone are root's whoever builds.
FROM tools AS sources
USER 0
COPY . .

FROM sources AS checked
RUN npm test

FROM tools AS dev
USER node
RUN npm run lint

FROM nginx:1.27
COPY --from=pages /src/dist /usr/share/nginx/html
