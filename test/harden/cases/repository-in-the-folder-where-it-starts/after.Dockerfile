# Mercurial does not heed the hgrc of somebody else.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends mercurial python3-flup
RUN hg init /repo/demo && printf '[web]\nallow_push = *\n' > /repo/demo/.hg/hgrc
WORKDIR /repo/demo
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: /repo/demo (the repository that RUN in line 4 makes)
RUN chown -Rh 10001:10001 /repo/demo
EXPOSE 8000
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["hg", "serve"]
