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
CMD ["invoicer"]
