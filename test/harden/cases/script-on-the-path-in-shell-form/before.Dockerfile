FROM debian:trixie-slim
COPY --chmod=755 <<EOF /bin/wrap.sh
#!/bin/sh
echo started > /srv/app.state
exec "\$@"
EOF
CMD wrap.sh /srv/app --serve
