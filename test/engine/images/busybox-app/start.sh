#!/bin/sh
set -e
mkdir -p /run /var/log
echo $$ > /run/httpd.pid
exec httpd -f -v -p 8080 -h /srv/www 2>> /var/log/httpd.log
