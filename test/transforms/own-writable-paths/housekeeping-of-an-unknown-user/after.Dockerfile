FROM registry.example.org/team/base:1
WORKDIR /home/me
COPY --chmod=755 <<"EOF" run.sh
#!/bin/sh
echo started >> /home/me/state/log
exec sleep infinity
EOF
ENV STATE_DIR=/home/me/state
RUN mkdir state
# harden-image: registry.example.org/team/base:1 may start as another user
USER 0
# harden-image: app (10001:10001): a new account, since the base's are not known
RUN echo 'app:x:10001:' >> /etc/group \
 && echo 'app:x:10001:10001::/home/app:/sbin/nologin' >> /etc/passwd \
 && mkdir -p /home/app \
 && chown 10001:10001 /home/app
# harden-image: named by ENV STATE_DIR; written by /home/me/run.sh line 2
RUN touch /home/me/state/log \
 && chown 10001:10001 "$STATE_DIR" /home/me/state/log
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["./run.sh"]
