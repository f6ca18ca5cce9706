FROM debian:trixie-slim AS one
RUN curl -fL https://nginx.org/download/nginx-1.27.tar.gz | tar xz && cd nginx-1.27 \
  && ./configure --prefix=/opt/nginx --pid-path=/var/run/web/nginx.pid --http-client-body-temp-path=/var/cache/web/body \
  && make && make install
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: write access to /opt/nginx/fastcgi_temp, /opt/nginx/logs, /opt/nginx/proxy_temp …
RUN mkdir -p \
      /opt/nginx/fastcgi_temp /opt/nginx/logs /opt/nginx/proxy_temp /opt/nginx/scgi_temp /opt/nginx/uwsgi_temp \
      /var/cache/web/body /var/run/web \
 && chown 10001:10001 \
      /opt/nginx/fastcgi_temp /opt/nginx/logs /opt/nginx/proxy_temp /opt/nginx/scgi_temp /opt/nginx/uwsgi_temp \
      /var/cache/web/body /var/run/web
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/opt/nginx/sbin/nginx", "-g", "daemon off;"]

FROM debian:trixie-slim AS two
RUN apt-get update && apt-get install -y nginx && make -C /src nginx-module install
# harden-image: listen above 1024 (default said 80)
RUN sed -i -E \
      's/^([[:space:]]*listen[[:space:]]+(\[::\]:)?)80([[:space:]]+default_server;)/\18080\3/' \
      /etc/nginx/sites-available/default
# harden-image: write access to /run/nginx.pid, /var/lib/nginx
RUN touch /run/nginx.pid \
 && chown 33:33 /run/nginx.pid /var/lib/nginx
# harden-image: www-data (33:33), package nginx (line 8): the account of nginx
USER 33:33
CMD ["nginx", "-g", "daemon off;"]
