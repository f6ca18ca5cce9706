FROM debian:12
COPY srv /usr/local/bin/srv
EXPOSE 80 443
CMD ["srv", "-p", ":80,:443"]
