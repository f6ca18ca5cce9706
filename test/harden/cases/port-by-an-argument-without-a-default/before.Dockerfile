FROM debian:12
ARG P
ENV PORT=${P:-80}
EXPOSE 80
COPY srv /srv/srv
CMD ["/srv/srv"]
