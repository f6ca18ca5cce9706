FROM python:3.13-slim
WORKDIR /srv/board
COPY <<EOF settings.ini
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
CMD ["start"]
