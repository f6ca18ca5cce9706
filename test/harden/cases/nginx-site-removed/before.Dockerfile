# What a RUN removes cannot be edited.
FROM nginx:1.29
RUN rm -rf /etc/nginx/conf.d/*
COPY <<EOF /etc/nginx/conf.d/site.conf
server {
    listen 80;
    return 200 "mine";
}
EOF
