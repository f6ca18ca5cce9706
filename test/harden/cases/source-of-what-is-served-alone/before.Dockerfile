FROM node:22 AS build
WORKDIR /src
COPY <<"JS" draw.js
const out = fs.createWriteStream('/drawn/test.png')
JS
COPY <<"JS" specs.js
fs.mkdirSync('/src/specs')
JS
RUN npm run build

FROM build AS run
RUN rm -rf /src/specs
CMD ["node", "draw.js"]

FROM nginx:1.27 AS served
COPY --from=build /src/build /usr/share/nginx/html
