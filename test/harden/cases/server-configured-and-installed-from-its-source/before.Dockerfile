FROM debian:trixie-slim AS one
RUN curl -fL https://nginx.org/download/nginx-1.27.tar.gz | tar xz && cd nginx-1.27 \
  && ./configure --prefix=/opt/nginx --pid-path=/var/run/web/nginx.pid --http-client-body-temp-path=/var/cache/web/body \
  && make && make install
CMD ["/opt/nginx/sbin/nginx", "-g", "daemon off;"]

FROM debian:trixie-slim AS two
RUN apt-get update && apt-get install -y nginx && make -C /src nginx-module install
CMD ["nginx", "-g", "daemon off;"]
