FROM nginxinc/nginx-unprivileged:latest
COPY site /usr/share/nginx/html
