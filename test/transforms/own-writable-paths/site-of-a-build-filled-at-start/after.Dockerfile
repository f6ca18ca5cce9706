FROM debian:trixie-slim AS build
RUN make-a-site /out

FROM debian:trixie-slim
# harden-image: files in it are written by /start.sh line 2
COPY --chown=10001:10001 --from=build /out /srv/site
COPY --chmod=755 <<"EOF" /start.sh
#!/bin/sh
find /srv/site -name '*.js' -exec sed -i "s|__API__|$API|" {} +
grep -rl __KEY__ /srv/more | xargs sed -i "s|__KEY__|$KEY|"
sed -i "s|__API__|$API|" /srv/other/*.html
exec server
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: files in it are written by /start.sh lines 3 and 4
RUN mkdir -p /srv/more /srv/other \
 && chown 10001:10001 /srv/more /srv/other
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
