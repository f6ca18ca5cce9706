ARG BUILD_FROM
FROM $BUILD_FROM
ENV S6_BEHAVIOUR_IF_STAGE2_FAILS=2
RUN apk add --no-cache samba
COPY run /etc/services.d/smbd/run
# harden-image: app (10001:10001): a new account, since the base's are not known
RUN echo 'app:x:10001:' >> /etc/group \
 && echo 'app:x:10001:10001::/home/app:/sbin/nologin' >> /etc/passwd \
 && mkdir -p /home/app \
 && chown 10001:10001 /home/app
EXPOSE 445
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
