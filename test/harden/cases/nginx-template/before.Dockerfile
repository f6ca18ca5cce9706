# The entrypoint writes it over default.conf at each start.
FROM nginx:1.29
COPY <<EOF /etc/nginx/templates/default.conf.template
server {
    listen 80;
    server_name ${NGINX_HOST};
    return 200 "mine";
}
EOF
