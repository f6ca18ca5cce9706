# git refuses a repository that is somebody else's, and a push changes files all over it; that of the build stays.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends git && git init -q /src
RUN cd /srv && git init --bare -q -b main git/demo.git
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: /srv/git/demo.git (the repository that RUN in line 4 makes)
RUN mkdir -p /srv/git/demo.git \
 && chown -Rh 10001:10001 /srv/git/demo.git
EXPOSE 9418
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["git", "daemon", "--export-all", "--enable=receive-pack", "--base-path=/srv/git"]
