FROM python:3.13-slim
ARG ROOT=/srv/board
ENV BOARD_STATE=/var/opt/board-state BOARD_HOME=${ROOT}
WORKDIR $ROOT
COPY <<"EOF" board.py
import os
os.makedirs("/srv/board/uploads", exist_ok=True)
open("/var/opt/board-state/users", "a")
open("/srv/later/notes", "a")
EOF
RUN mkdir -p "${BOARD_STATE}" ${ROOT}/uploads /srv/later
ENV LATER=/srv/later/of
RUN python -m compileall .
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: empty, there to be filled; and more
RUN chown 10001:10001 "$ROOT/uploads" /srv/later "${BOARD_STATE}"
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python", "board.py"]
