FROM nginx:1.29
COPY nginx.conf /etc/nginx/nginx.conf
