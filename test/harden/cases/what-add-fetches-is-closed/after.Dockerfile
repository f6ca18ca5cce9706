FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*
ADD https://lists.example/names.list?day=1 /srv/data/
ADD --chmod=0644 https://lists.example/open.list /srv/data/
ADD https://lists.example/fonts.tar.gz /srv/
ADD https://git.example/site.git /srv/site
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: fetched from https://lists.example/names.list?day=1 by ADD
RUN chgrp 10001 /srv/data/names.list \
 && chmod 640 /srv/data/names.list
EXPOSE 8000
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["python3", "-m", "http.server", "8000", "--directory", "/srv/data"]
