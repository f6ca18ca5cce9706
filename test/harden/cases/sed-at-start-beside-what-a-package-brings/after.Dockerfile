FROM debian:trixie-slim
RUN apt-get update && apt-get install -y apache2
COPY <<EOT /etc/apache2/sites-available/000-default.conf
<VirtualHost *:8080></VirtualHost>
EOT
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/sh
sed -i "s/www-data/staff/" /etc/apache2/envvars
perl -pi -e "s/On/Off/" /etc/apache2/conf.conf
ssh-keygen -q -f /etc/apache2/key -N ""
exec app
EOT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /start.sh lines 2 and 3
RUN touch /etc/apache2/conf.conf /etc/apache2/envvars \
 && chown 10001:10001 /etc/apache2/conf.conf /etc/apache2/envvars \
 && chgrp 10001 /etc/apache2 \
 && chmod 1775 /etc/apache2
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
