FROM example.org/notes:1
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: created by the original run; and more
RUN mkdir -p /srv/spool \
 && chown 10001:10001 /srv/spool \
 && chgrp 10001 /srv \
 && chmod 1775 /srv
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["notes", "--data", "/srv/notes", "--spool-dir", "/srv/spool"]
