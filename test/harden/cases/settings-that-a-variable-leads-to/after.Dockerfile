FROM debian:trixie-slim
ENV INVOICER_CONFIG=/etc/acme/settings.yaml
COPY <<"END" /etc/acme/settings.yaml
log: /var/log/invoicer.log
data_dir: /srv/invoices
END
COPY <<"END" /etc/acme/other.yaml
data_dir: /srv/other
END
COPY invoicer /usr/local/bin/invoicer
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named as data_dir in /etc/acme/settings.yaml line 2; and more
RUN install -d -o 10001 -g 10001 /srv/invoices \
 && touch /var/log/invoicer.log \
 && chown 10001:10001 /var/log/invoicer.log
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["invoicer"]
