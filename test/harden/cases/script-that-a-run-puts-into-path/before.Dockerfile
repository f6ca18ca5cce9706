FROM debian:trixie-slim AS moved
COPY <<"EOT" /tmp2/run.sh
#!/bin/sh
set -e
echo ready > /var/lib/jobs/ready
exec server
EOT
RUN chmod a+x /tmp2/*.sh && mv /tmp2/run.sh /tmp2/other.sh /usr/bin && rm -rf /tmp2
CMD ["run.sh"]

FROM debian:trixie-slim AS copied
COPY <<"EOT" /build/run.sh
#!/bin/sh
set -e
echo ready > /var/lib/jobs/ready
exec server
EOT
RUN cp /build/*.sh /usr/local/bin/ && ln -s /usr/local/bin/run.sh /start
CMD ["/start"]

FROM debian:trixie-slim AS edited
COPY <<"EOT" /build/run.sh
#!/bin/sh
exec server
EOT
RUN mv /build/run.sh /start.sh && sed -i '/server/d' /start.sh
CMD ["/start.sh"]

FROM debian:trixie-slim AS perhaps
COPY <<"EOT" /build/run.sh
#!/bin/sh
exec server
EOT
RUN if [ -n "$X" ]; then mv /build/run.sh /start.sh; else mv /other.sh /start.sh; fi
CMD ["/start.sh"]
