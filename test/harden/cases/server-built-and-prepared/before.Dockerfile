FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y gcc make
COPY src /src
RUN cd /src && ./configure --prefix=/opt/nginx && make install

FROM debian:trixie-slim
COPY --from=build /opt/nginx /opt/nginx
RUN useradd --system --uid 300 web && mkdir -p /opt/nginx/logs && chown web /opt/nginx/logs /opt/nginx
EXPOSE 8080
CMD ["/opt/nginx/sbin/nginx", "-g", "daemon off;"]
