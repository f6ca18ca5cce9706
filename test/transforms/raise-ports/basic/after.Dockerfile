FROM example.org/web:1
# harden-image: listen above 1024 (default.conf said 80)
RUN sed -i -E \
      -e 's/listen[[:space:]]+80;/listen 8080;/' \
      -e 's/listen[[:space:]]+\[::]:80;/listen [::]:8080;/' \
      /etc/nginx/conf.d/default.conf
EXPOSE 8080
# harden-image: nginx (101:101), the image's own account
USER 101:101
