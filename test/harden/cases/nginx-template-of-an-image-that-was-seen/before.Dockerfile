FROM nginx:latest
COPY <<EOF /etc/nginx/templates/app.conf.template
server {
    listen ${PORT};
    return 200 "mine";
}
EOF
COPY <<EOF /etc/nginx/templates/default.conf.template
server {
    listen 8081;
}
EOF
