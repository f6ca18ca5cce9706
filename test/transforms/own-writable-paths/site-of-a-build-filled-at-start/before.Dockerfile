FROM debian:trixie-slim AS build
RUN make-a-site /out

FROM debian:trixie-slim
COPY --from=build /out /srv/site
COPY --chmod=755 <<"EOF" /start.sh
#!/bin/sh
find /srv/site -name '*.js' -exec sed -i "s|__API__|$API|" {} +
grep -rl __KEY__ /srv/more | xargs sed -i "s|__KEY__|$KEY|"
sed -i "s|__API__|$API|" /srv/other/*.html
exec server
EOF
CMD ["/start.sh"]
