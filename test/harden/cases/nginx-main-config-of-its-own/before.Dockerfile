# Includes nothing of /etc/nginx/conf.d, names no pid file, and is the only one that says a port.
FROM nginx:1.29
COPY <<EOF /etc/nginx/nginx.conf
user www-data;
events {}
http {
    server {
        listen 80;
        return 200 "mine";
    }
}
EOF
EXPOSE 80
