FROM debian:trixie-slim
RUN mkdir -p /srv/jobs
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
[ -p /srv/jobs/pipe ] || mkfifo -m 600 /srv/jobs/pipe
touch -d yesterday /srv/jobs/since
exec jobd
START
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /start.sh line 2, if ! [ -p /srv/jobs/pipe ]
RUN chown 10001:10001 /srv/jobs
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
