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
RUN rm -rf /src/specs \
# harden-image: createWriteStream in /src/draw.js line 1
 && install -d -o 1000 -g 1000 /drawn
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "draw.js"]

FROM nginx:1.27 AS served
COPY --from=build /src/build /usr/share/nginx/html
# harden-image: listen above 1024 (default.conf said 80)
RUN sed -i -E 's/listen +80;/listen       8080;/' /etc/nginx/conf.d/default.conf
# harden-image: only root can switch users; its pid file cannot be in /run
RUN sed -i -E \
      -e '/^user +[^;]*; *$/d' \
      -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' \
      /etc/nginx/nginx.conf
# harden-image: caches and temp folders
RUN mkdir -p /var/cache/nginx \
 && chown 101:101 /var/cache/nginx
EXPOSE 8080
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
