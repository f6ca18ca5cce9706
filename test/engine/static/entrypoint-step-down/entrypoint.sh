#!/bin/sh
set -e
mkdir -p /var/lib/shelf
chown www-data:www-data /var/lib/shelf
exec setpriv --reuid=www-data --regid=www-data --init-groups "$@"
