FROM python:3.13-slim
WORKDIR /srv/board
COPY <<"EOF" /usr/local/bin/board.py
open("/srv/board/data/seed.json", "w").write("{}")
open("/srv/board/data/users.json", "w").write("{}")
EOF
VOLUME /srv/board/data
# harden-image: declared by VOLUME
COPY --chown=10001:10001 <<EOF <<EOF2 /srv/board/data/
{}
EOF
{}
EOF2
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python", "/usr/local/bin/board.py"]
