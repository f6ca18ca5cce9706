FROM python:3.12
# A folder in every image, though nothing says so here.
COPY <<"e.sh" /usr/local/sbin
#!/bin/sh
set -e
mkdir -p /var/lib/app
exec gosu nobody python3 app.py
e.sh
RUN chmod +x /usr/local/sbin/e.sh
ENTRYPOINT ["e.sh"]
