# A distribution puts nothing into /media: the whole of it is the volume.
FROM debian:trixie-slim
VOLUME /media
EXPOSE 8200
CMD ["player", "/media"]
