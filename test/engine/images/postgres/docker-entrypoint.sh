#!/bin/sh
set -e

mkdir -p "$PGDATA" /run/postgresql
chown -R postgres:postgres "$PGDATA" /run/postgresql
chmod 700 "$PGDATA"

if [ ! -s "$PGDATA/PG_VERSION" ]; then
	gosu postgres initdb --auth=trust --no-sync --no-instructions
	echo "host all all all trust" >> "$PGDATA/pg_hba.conf"
fi

exec gosu postgres "$@" -c listen_addresses='*'
