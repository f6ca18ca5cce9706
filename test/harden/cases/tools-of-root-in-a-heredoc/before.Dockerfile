FROM debian:trixie-slim
RUN <<EOF
set -e
apt-get update
apt-get install -y --no-install-recommends python3-pip supervisor
pip install --user --break-system-packages flask
echo '[program:web]' > /etc/supervisor/conf.d/web.conf
echo 'command=python3 -m flask run' >> /etc/supervisor/conf.d/web.conf
EOF
CMD ["supervisord", "-n", "-c", "/etc/supervisor/supervisord.conf"]
