FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends build-essential
RUN mkdir -p /work/out /work/SOURCES
COPY --chmod=755 <<"EOF" /build.sh
#!/bin/sh
cp -a /src "/work/SOURCES/app-${VERSION}" || exit 1
make -C "/work/SOURCES/app-${VERSION}" DESTDIR=/work/out || exit 1
chown -R --reference=/src /work/out
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: only root can chown, and the script ends when it fails
RUN sed -i -E \
      's#chown -R --reference=/src /work/out#{ [ "$(id -u)" != 0 ] || chown -R --reference=/src /work/out; }#' \
      /build.sh
# harden-image: files in it are written by /build.sh line 2; and more
RUN chown 10001:10001 /work/SOURCES /work/out
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/build.sh"]
