FROM debian:trixie-slim
RUN mkdir /srv/files
COPY serve.py /srv/
# harden-image: handed over by the command at start
RUN chown 33:33 /srv/files
# harden-image: www-data (33:33), handed over by the command at start
USER 33:33
CMD { [ "$(id -u)" != 0 ] || chown -R www-data:www-data /srv/files; } && exec python3 /srv/serve.py
