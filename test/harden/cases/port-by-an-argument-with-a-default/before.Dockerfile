FROM debian:12
ARG P=80
ENV PORT=$P
EXPOSE $P
COPY srv /srv/srv
HEALTHCHECK CMD curl -f http://localhost:$PORT/
CMD ["/srv/srv"]
