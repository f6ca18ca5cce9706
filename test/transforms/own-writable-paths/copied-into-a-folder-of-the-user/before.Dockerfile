FROM python:3.13-slim
WORKDIR /srv/board
COPY <<"EOF" /usr/local/bin/board.py
open("/srv/board/data/seed.json", "w").write("{}")
open("/srv/board/data/users.json", "w").write("{}")
EOF
VOLUME /srv/board/data
COPY <<EOF <<EOF2 /srv/board/data/
{}
EOF
{}
EOF2
CMD ["python", "/usr/local/bin/board.py"]
