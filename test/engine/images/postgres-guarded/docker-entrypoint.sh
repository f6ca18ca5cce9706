#!/bin/bash
set -eo pipefail

# Root only to own the data directory, then this script again as postgres.
if [ "$1" = 'postgres' ] && [ "$(id -u)" = '0' ]; then
	mkdir -p "$PGDATA" /run/postgresql
	find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
	find /run/postgresql \! -user postgres -exec chown postgres '{}' +
	chmod 700 "$PGDATA"
	chmod 3777 /run/postgresql
	exec gosu postgres "$BASH_SOURCE" "$@"
fi

if [ "$1" = 'postgres' ]; then
	mkdir -p "$PGDATA"
	chmod 700 "$PGDATA" || :

	if [ ! -s "$PGDATA/PG_VERSION" ]; then
		initdb --username=postgres --auth=trust --no-sync --no-instructions
		echo "host all all all trust" >> "$PGDATA/pg_hba.conf"
	fi
	set -- "$@" -c listen_addresses='*'
fi

exec "$@"
