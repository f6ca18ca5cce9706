FROM alpine:3.22
RUN apk add --no-cache s6 dcron
COPY --chmod=755 <<EOF /etc/service/jobs/run
#!/bin/sh
exec gosu root crond -f
EOF
COPY --chmod=755 <<EOF /etc/service/login/run
#!/bin/sh
exec sshd -D
EOF
COPY <<EOF /etc/service/login/down
EOF
CMD ["s6-svscan", "/etc/service/"]
