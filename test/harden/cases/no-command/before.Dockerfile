FROM example.org/app:1
COPY extra /srv/extra
