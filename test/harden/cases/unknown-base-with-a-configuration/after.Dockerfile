# Nobody knows what the base starts; what the stage puts in says where the port is.
FROM registry.example/proxy:1
COPY <<EOF /usr/local/etc/proxy.cfg
frontend web
  bind *:80
EOF
# harden-image: registry.example/proxy:1 may start as another user
USER 0
# harden-image: listen above 1024 (proxy.cfg said 80)
RUN sed -i -E 's/bind \*:80\b/bind *:8080/' /usr/local/etc/proxy.cfg
EXPOSE 8080
# harden-image: a bare uid has no home, and the base image is not known
ENV HOME=/tmp
# harden-image: 10001:10001, a bare uid, which needs no account
USER 10001:10001
