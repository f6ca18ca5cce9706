FROM python:3.13-slim
WORKDIR /srv/board
# harden-image: written by /usr/local/bin/start line 3
COPY --chown=10001:10001 <<EOF settings.ini
theme = light
EOF
COPY <<EOF theme.ini
theme = light
EOF
COPY <<EOF /srv/other/skin.ini
skin = none
EOF
RUN echo 'font = serif' > theme.new && mv theme.new theme.ini
COPY --chmod=755 <<"EOF" /usr/local/bin/start
#!/bin/sh
set -e
echo "theme = $THEME" > /srv/board/settings.ini
echo "theme = $THEME" > /srv/board/theme.ini
echo "skin = $SKIN" > /srv/other/skin.ini
exec python -m http.server 8000
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /usr/local/bin/start lines 4 and 5
RUN chown 10001:10001 /srv/board/theme.ini /srv/other/skin.ini
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["start"]
