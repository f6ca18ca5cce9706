FROM debian:trixie-slim AS moved
COPY <<"EOT" /tmp2/run.sh
#!/bin/sh
set -e
echo ready > /var/lib/jobs/ready
exec server
EOT
RUN chmod a+x /tmp2/*.sh && mv /tmp2/run.sh /tmp2/other.sh /usr/bin && rm -rf /tmp2
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /usr/bin/run.sh line 3
RUN mkdir -p /var/lib/jobs \
 && touch /var/lib/jobs/ready \
 && chown 10001:10001 /var/lib/jobs/ready
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["run.sh"]

FROM debian:trixie-slim AS copied
COPY <<"EOT" /build/run.sh
#!/bin/sh
set -e
echo ready > /var/lib/jobs/ready
exec server
EOT
RUN cp /build/*.sh /usr/local/bin/ && ln -s /usr/local/bin/run.sh /start
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /usr/local/bin/run.sh line 3
RUN mkdir -p /var/lib/jobs \
 && touch /var/lib/jobs/ready \
 && chown 10001:10001 /var/lib/jobs/ready
USER 10001:10001
CMD ["/start"]

FROM debian:trixie-slim AS edited
COPY <<"EOT" /build/run.sh
#!/bin/sh
exec server
EOT
RUN mv /build/run.sh /start.sh && sed -i '/server/d' /start.sh
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
USER 10001:10001
CMD ["/start.sh"]

FROM debian:trixie-slim AS perhaps
COPY <<"EOT" /build/run.sh
#!/bin/sh
exec server
EOT
RUN if [ -n "$X" ]; then mv /build/run.sh /start.sh; else mv /other.sh /start.sh; fi
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
USER 10001:10001
CMD ["/start.sh"]
