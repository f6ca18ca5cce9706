FROM alpine:3.20
ENV USER=web
ENV GROUP=web
ENV UID=911
ENV GID=911
ENV SUBFOLDER=/_
RUN addgroup -S ${GROUP} -g ${GID} && adduser -D -S -u ${UID} ${USER} ${GROUP}
EXPOSE 8080
# harden-image: web (911:65533), created by this Dockerfile
USER ${UID}:65533
CMD ["pages", "--port", "8080"]
