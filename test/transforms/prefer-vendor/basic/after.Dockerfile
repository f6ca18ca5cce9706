FROM nginxinc/nginx-unprivileged:1.27
COPY site /usr/share/nginx/html
EXPOSE 80
# harden-image: 101:101, the user of the image that its vendor ships
USER 101:101
