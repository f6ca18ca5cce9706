#!/bin/sh
set -eu
umask 077
mkdir -p /backups/daily
while true; do
  cp /data/app.db /backups/daily/app.db.new
  mv /backups/daily/app.db.new /backups/daily/app.db
  date >> /backups/backup.log
  sleep "$EVERY"
done
