FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends build-essential
RUN mkdir -p /work/out /work/SOURCES
COPY --chmod=755 <<"EOF" /build.sh
#!/bin/sh
cp -a /src "/work/SOURCES/app-${VERSION}" || exit 1
make -C "/work/SOURCES/app-${VERSION}" DESTDIR=/work/out || exit 1
chown -R --reference=/src /work/out
EOF
CMD ["/build.sh"]
