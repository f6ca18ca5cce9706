#!/bin/sh
set -e
php-fpm8.4
exec nginx -g 'daemon off;'
