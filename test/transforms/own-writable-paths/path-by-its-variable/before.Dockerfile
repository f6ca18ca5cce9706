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
CMD ["python", "board.py"]
