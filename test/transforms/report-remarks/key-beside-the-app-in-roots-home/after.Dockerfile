FROM debian:trixie-slim
# harden-image: decide: the working folder lies in /root, root's own home, which stays closed: what line 3 writes is a secret beside it that others could read
WORKDIR /root/app
RUN echo "machine git.example login ci password $TOKEN" > ~/.netrc
COPY . .
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["./app"]
