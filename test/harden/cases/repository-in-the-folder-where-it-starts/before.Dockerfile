# Mercurial does not heed the hgrc of somebody else.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends mercurial python3-flup
RUN hg init /repo/demo && printf '[web]\nallow_push = *\n' > /repo/demo/.hg/hgrc
WORKDIR /repo/demo
EXPOSE 8000
CMD ["hg", "serve"]
