#!/bin/sh
set -e

conf=/etc/nginx/conf.d/default.conf
if ! touch "$conf" 2>/dev/null; then
    echo "info: can not modify $conf (read-only file system?)"
    exit 0
fi
grep -q 'listen  *\[::\]' "$conf" || sed -i 's/listen       80;/listen       80;\n    listen  [::]:80;/' "$conf"
