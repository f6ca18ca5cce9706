FROM alpine:3.19
RUN apk add apache2 && sed -i '/LoadModule rewrite_module/s/^#//g' /etc/apache2/httpd.conf
COPY <<"CONF" /etc/apache2/conf.d/site.conf
<VirtualHost *:80>
    DocumentRoot /srv
</VirtualHost>
CONF
EXPOSE 80
CMD ["httpd", "-DFOREGROUND"]
