FROM debian:trixie-slim AS build
RUN make-secret > /out/key && chmod 600 /out/key && mkdir -p /out/private && chmod 700 /out/private
RUN make-cert > /out/cert && chmod 644 /out/cert && mkdir -p /out/public

FROM debian:trixie-slim
COPY --from=build /out /opt/app
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: copied from key, which has mode 0600 there, and COPY keeps it
RUN chgrp 10001 /opt/app/key /opt/app/private \
 && chmod 640 /opt/app/key \
 && chmod 750 /opt/app/private
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["appd"]
