FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends supervisor nginx && rm -rf /var/lib/apt/lists/*
COPY <<'EOF' /etc/supervisord.conf
[supervisord]
nodaemon=true
user=root
[program:web]
command=nginx -g "daemon off;"
EOF
# harden-image: listen above 1024 (default said 80)
RUN sed -i -E \
      's/^([[:space:]]*listen[[:space:]]+(\[::\]:)?)80([[:space:]]+default_server;)/\18080\3/' \
      /etc/nginx/sites-available/default
# harden-image: supervisord has its own user already, and only root can switch
RUN sed -i -E '/^[[:space:]]*user=root[[:space:]]*$/d' /etc/supervisord.conf \
 && sed -i -E 's#^\[supervisord\][[:space:]]*$#&\nlogfile=/tmp/supervisord.log#' /etc/supervisord.conf \
 && sed -i -E 's#^\[supervisord\][[:space:]]*$#&\npidfile=/tmp/supervisord.pid#' /etc/supervisord.conf
# harden-image: package nginx (line 2): the pid file; and more
RUN touch /run/nginx.pid \
 && chown 33:33 /run/nginx.pid /var/lib/nginx
# harden-image: www-data (33:33), package nginx (line 2): the account of nginx
USER 33:33
CMD ["supervisord", "-c", "/etc/supervisord.conf"]
