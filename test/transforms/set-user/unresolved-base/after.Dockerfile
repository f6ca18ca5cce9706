ARG BASE
FROM ${BASE}
COPY app /app
RUN chmod +x /app
# harden-image: ${BASE} may start as another user, and the next steps need root
USER 0
# harden-image: app (10001:10001): a new account, since the base's are not known
RUN echo 'app:x:10001:' >> /etc/group \
 && echo 'app:x:10001:10001::/home/app:/sbin/nologin' >> /etc/passwd \
 && mkdir -p /home/app \
 && chown 10001:10001 /home/app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/app"]
