FROM example.org/web:1
# harden-image: listen above 1024 (nginx.conf said 80)
COPY <<"HARDEN_IMAGE" /etc/nginx/nginx.conf
server {
  listen 8080;
}
HARDEN_IMAGE
EXPOSE 8080
# harden-image: nonroot (65532:65532), the image's own account
USER 65532:65532
