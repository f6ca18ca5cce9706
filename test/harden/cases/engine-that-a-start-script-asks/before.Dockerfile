FROM debian:trixie-slim AS asks
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/sh
docker ps -q | xargs echo
exec server
EOT
CMD ["/start.sh"]

FROM debian:trixie-slim AS elsewhere
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/sh
docker -H tcp://engine:2375 ps -q
docker login -u me
docker --version
exec server
EOT
CMD ["/start.sh"]
