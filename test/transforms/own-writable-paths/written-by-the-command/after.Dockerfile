FROM example.org/base
WORKDIR /etc/app
RUN fetch-keys > keys
# harden-image: example.org/base may start as another user
USER 0
# harden-image: app (10001:10001): a new account, since the base's are not known
RUN echo 'app:x:10001:' >> /etc/group \
 && echo 'app:x:10001:10001::/home/app:/sbin/nologin' >> /etc/passwd \
 && mkdir -p /home/app \
 && chown 10001:10001 /home/app
# harden-image: written by the command
RUN mkdir -p /etc/web \
 && touch /etc/app/keys /etc/web/site.conf \
 && chown 10001:10001 /etc/app/keys /etc/web/site.conf
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD fetch-keys > keys && render > /etc/web/site.conf && exec app
