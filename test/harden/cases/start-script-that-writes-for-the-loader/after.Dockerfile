# harden-image: decide: /etc/ld-musl-x86_64.path is not given to the user: /etc/ld-musl-x86_64.path stays root's, since every program loads the code that it names, those of root too
# harden-image: decide: /etc/ld.so.preload is not given to the user: /etc/ld.so.preload stays root's, since every program loads the code that it names, those of root too
FROM debian:trixie-slim
RUN printf '#!/bin/sh\necho /data > /etc/ld-musl-x86_64.path\necho x > /etc/ld.so.preload\nexec sleep 100\n' > /start.sh && chmod +x /start.sh
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
