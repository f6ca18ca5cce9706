FROM nginx:alpine
COPY <<EOF /etc/nginx/templates/default.conf.template
server {
  listen 9180;
  location ${BASE} { root /srv; }
}
EOF
# harden-image: only root can switch users; its pid file cannot be in /run
RUN sed -i -E \
      -e '/^user +[^;]*; *$/d' \
      -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' \
      /etc/nginx/nginx.conf
# harden-image: the entrypoint renders /etc/nginx/templates into it; and more
RUN mkdir -p /etc/nginx/conf.d /var/cache/nginx \
 && touch /etc/nginx/conf.d/default.conf \
 && chown 101:101 /etc/nginx/conf.d /etc/nginx/conf.d/default.conf /var/cache/nginx
EXPOSE 9180
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
CMD ["nginx", "-g", "daemon off;"]

FROM nginx:alpine AS beside
COPY <<EOF /etc/nginx/templates/other.conf.template
server {
  listen 9180;
}
EOF
# harden-image: listen above 1024 (default.conf said 80)
RUN sed -i -E 's/listen +80;/listen       8080;/' /etc/nginx/conf.d/default.conf
RUN sed -i -E \
      -e '/^user +[^;]*; *$/d' \
      -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' \
      /etc/nginx/nginx.conf
RUN mkdir -p /etc/nginx/conf.d /var/cache/nginx \
 && touch /etc/nginx/conf.d/default.conf \
 && chown 101:101 /etc/nginx/conf.d /etc/nginx/conf.d/default.conf /var/cache/nginx
EXPOSE 9180
EXPOSE 8080
USER 101:101
CMD ["nginx", "-g", "daemon off;"]
