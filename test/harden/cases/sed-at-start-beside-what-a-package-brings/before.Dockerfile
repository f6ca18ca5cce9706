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
CMD ["/start.sh"]
