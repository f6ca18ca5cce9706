FROM debian:trixie-slim
COPY config /root/.config/app/config
COPY app /usr/local/bin/app
RUN app migrate
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: found by the home of whoever runs it
RUN mkdir -p /home/app/.config/app \
 && cp -p /root/.config/app/config /home/app/.config/app/config \
 && chown 10001:10001 /home/app/.config /home/app/.config/app /home/app/.config/app/config \
 && chmod 700 /home/app/.config
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["app"]
