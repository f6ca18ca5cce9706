FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3
COPY app.py /srv/app.py
CMD rm -f /var/lib/app/pid && rm -r /var/lib/app/old && mkdir -p /var/lib/app/run && exec python3 /srv/app.py -l /var/lib/app/log
