#!/bin/sh
set -e
mkdir -p "$MEDIA_DIR/in" "$MEDIA_DIR/out"
# the thumbnailer is another user
chmod 777 "$MEDIA_DIR/out"
exec "$@"
