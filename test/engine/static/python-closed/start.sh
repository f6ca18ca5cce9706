#!/bin/sh
set -e
grep -q '^root = ' settings.ini
exec python3 -m http.server 8000
