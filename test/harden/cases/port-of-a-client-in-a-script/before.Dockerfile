FROM debian:12
COPY <<EOF /start.sh
#!/bin/sh
set -e
directoryd --detach
if ldapmodify -h localhost -p 389 -f x.ldif; then echo ok; fi
exec directoryd
EOF
EXPOSE 389
CMD ["/start.sh"]
