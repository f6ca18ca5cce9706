#!/bin/sh
# Dumps $DATABASE into the working folder; makes the database first where there is none.
set -eu
if [ ! -e "$DATABASE" ]; then
  mkdir -p "$(dirname "$DATABASE")"
  sqlite3 "$DATABASE" < /usr/share/db-tools/schema.sql
fi
sqlite3 "$DATABASE" .dump | gzip > latest.sql.gz
echo "wrote $PWD/latest.sql.gz"
