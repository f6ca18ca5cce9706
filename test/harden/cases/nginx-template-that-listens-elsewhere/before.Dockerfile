FROM nginx:alpine
COPY <<EOF /etc/nginx/templates/default.conf.template
server {
  listen 9180;
  location ${BASE} { root /srv; }
}
EOF
EXPOSE 9180
CMD ["nginx", "-g", "daemon off;"]

FROM nginx:alpine AS beside
COPY <<EOF /etc/nginx/templates/other.conf.template
server {
  listen 9180;
}
EOF
EXPOSE 9180
CMD ["nginx", "-g", "daemon off;"]
