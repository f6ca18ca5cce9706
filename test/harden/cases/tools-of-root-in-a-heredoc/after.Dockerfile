FROM debian:trixie-slim
RUN <<EOF
set -e
apt-get update
apt-get install -y --no-install-recommends python3-pip supervisor
pip install --user --break-system-packages flask
echo '[program:web]' > /etc/supervisor/conf.d/web.conf
echo 'command=python3 -m flask run' >> /etc/supervisor/conf.d/web.conf
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: socket and pid file, which it replaces at every start
RUN sed -i -E 's#/var/run/supervisor(d\.pid|\.sock)#/tmp/supervisor\1#' /etc/supervisor/supervisord.conf
# harden-image: what pip install --user installs in line 2 is there; and more
RUN chown 10001:10001 /var/log/supervisor \
 && chmod go+x /root
ENV PYTHONUSERBASE=/root/.local
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["supervisord", "-n", "-c", "/etc/supervisor/supervisord.conf"]
