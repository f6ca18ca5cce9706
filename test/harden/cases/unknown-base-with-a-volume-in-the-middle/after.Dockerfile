FROM registry.example/team/base:1
RUN make build
# harden-image: registry.example/team/base:1 may start as another user
USER 0
# harden-image: declared by VOLUME
RUN install -d -o 10001 -g 10001 /data
VOLUME /data
COPY server /usr/local/bin/server
# harden-image: app (10001:10001): a new account, since the base's are not known
RUN echo 'app:x:10001:' >> /etc/group \
 && echo 'app:x:10001:10001::/home/app:/sbin/nologin' >> /etc/passwd \
 && mkdir -p /home/app \
 && chown 10001:10001 /home/app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["server"]
