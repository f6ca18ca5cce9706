FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y gcc make
COPY src /src
RUN cd /src && ./configure --prefix=/opt/nginx && make install

FROM debian:trixie-slim
COPY --from=build /opt/nginx /opt/nginx
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
EXPOSE 8080
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/opt/nginx/sbin/nginx", "-g", "daemon off;"]
