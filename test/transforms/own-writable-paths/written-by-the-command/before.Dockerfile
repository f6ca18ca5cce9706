FROM example.org/base
WORKDIR /etc/app
RUN fetch-keys > keys
CMD fetch-keys > keys && render > /etc/web/site.conf && exec app
