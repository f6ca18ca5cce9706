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
CMD ["/start.sh"]
