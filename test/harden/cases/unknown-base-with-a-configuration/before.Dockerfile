# Nobody knows what the base starts; what the stage puts in says where the port is.
FROM registry.example/proxy:1
COPY <<EOF /usr/local/etc/proxy.cfg
frontend web
  bind *:80
EOF
EXPOSE 80
