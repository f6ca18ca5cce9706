FROM example.org/own:1
RUN echo hello
# harden-image: example.org/own:1 may start as another user
USER 0
# harden-image: app (10001:10001): a new account, since the base's are not known
RUN echo 'app:x:10001:' >> /etc/group \
 && echo 'app:x:10001:10001::/home/app:/sbin/nologin' >> /etc/passwd \
 && mkdir -p /home/app \
 && chown 10001:10001 /home/app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["app"]
