FROM debian:trixie-slim
RUN mkdir -p /var/spool/mailer \
 && mkfifo /var/spool/mailer/trigger \
 && chown spooler:root /var/spool/mailer/trigger
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: /var/spool/mailer (made by RUN in line 2), /var/spool/mailer/trigger (handed to spooler by RUN in
#   line 2)
RUN chown 10001:10001 /var/spool/mailer /var/spool/mailer/trigger
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/usr/sbin/mailer-send"]
