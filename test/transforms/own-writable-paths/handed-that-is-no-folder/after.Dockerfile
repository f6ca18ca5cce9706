FROM debian:trixie-slim
RUN mkdir -p /var/spool/mailer \
 && mkfifo /var/spool/mailer/trigger \
 && chown spooler:root /var/spool/mailer/trigger
# harden-image: made by RUN in line 2
RUN chown spooler: /var/spool/mailer
# harden-image: spooler, handed to spooler by RUN in line 2
USER spooler
CMD ["/usr/sbin/mailer-send"]
