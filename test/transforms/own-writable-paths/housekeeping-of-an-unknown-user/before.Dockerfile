FROM registry.example.org/team/base:1
WORKDIR /home/me
COPY --chmod=755 <<"EOF" run.sh
#!/bin/sh
echo started >> /home/me/state/log
exec sleep infinity
EOF
ENV STATE_DIR=/home/me/state
RUN mkdir state
CMD ["./run.sh"]
