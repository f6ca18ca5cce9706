ARG BUILD_FROM
FROM $BUILD_FROM
ENV S6_BEHAVIOUR_IF_STAGE2_FAILS=2
RUN apk add --no-cache samba
COPY run /etc/services.d/smbd/run
EXPOSE 445
