FROM debian:trixie-slim
RUN mkdir -p /var/spool/mailer \
 && mkfifo /var/spool/mailer/trigger \
 && chown spooler:root /var/spool/mailer/trigger
CMD ["/usr/sbin/mailer-send"]
