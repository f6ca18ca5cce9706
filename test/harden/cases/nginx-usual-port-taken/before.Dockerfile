# A second server on 8080 would be the first that answers there.
FROM nginx:1.29
COPY <<EOF /etc/nginx/conf.d/site.conf
server {
    listen 8080;
    return 200 "mine";
}
EOF
EXPOSE 8080
