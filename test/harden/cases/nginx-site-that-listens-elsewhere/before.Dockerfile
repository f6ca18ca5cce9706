# Nothing is left that listens on the port that the base image exposes.
FROM nginx:alpine
COPY <<"EOF" /etc/nginx/conf.d/default.conf
server { listen 8081; location / { root /srv; } }
EOF
