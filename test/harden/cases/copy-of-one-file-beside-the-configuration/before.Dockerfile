FROM nginx:1.27
COPY network.conf /etc/nginx/
COPY start.sh /
