FROM registry.example/team/base:3 AS build
RUN make -C /src

FROM registry.example/team/runtime:3
WORKDIR /root/
COPY --from=build /src/server .
RUN ./server --version
# harden-image: registry.example/team/runtime:3 may start as another user
USER 0
# harden-image: app (10001:10001): a new account, since the base's are not known
RUN echo 'app:x:10001:' >> /etc/group \
 && echo 'app:x:10001:10001::/home/app:/sbin/nologin' >> /etc/passwd \
 && mkdir -p /home/app \
 && chown 10001:10001 /home/app
# harden-image: the working folder is there
RUN chgrp 10001 /root \
 && chmod g+rX /root
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["./server"]
