FROM debian:trixie-slim
RUN mkdir /srv/files
COPY serve.py /srv/
CMD chown -R www-data:www-data /srv/files && exec python3 /srv/serve.py
