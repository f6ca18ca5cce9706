# git refuses a repository that is somebody else's, and a push changes files all over it; that of the build stays.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends git && git init -q /src
RUN cd /srv && git init --bare -q -b main git/demo.git
EXPOSE 9418
CMD ["git", "daemon", "--export-all", "--enable=receive-pack", "--base-path=/srv/git"]
