FROM debian:trixie-slim
RUN mkdir -p /root/.aws && printf '[default]\nregion = eu-central-1\n' > /root/.aws/config
RUN git config --global user.name bot
RUN echo 'host = example.org' >> ~/.s3cfg && curl -fsSLo "$HOME/.vault-token" https://example.org/token
COPY id_ed25519 /root/.ssh/id_ed25519
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
true
exec mirrord
START
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
