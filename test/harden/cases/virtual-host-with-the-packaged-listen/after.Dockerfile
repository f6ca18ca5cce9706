FROM alpine:3.19
RUN apk add apache2 && sed -i '/LoadModule rewrite_module/s/^#//g' /etc/apache2/httpd.conf
COPY <<"CONF" /etc/apache2/conf.d/site.conf
<VirtualHost *:80>
    DocumentRoot /srv
</VirtualHost>
CONF
# harden-image: app (10001:10001): the image has no service account for it
RUN addgroup -g 10001 app \
 && adduser -D -u 10001 -G app -h /home/app -s /sbin/nologin app
# harden-image: listen above 1024 (site.conf and httpd.conf said 80)
RUN sed -i -E 's/<VirtualHost \*:80>/<VirtualHost *:8080>/' /etc/apache2/conf.d/site.conf \
 && sed -i -E 's/^Listen 80$/Listen 8080/' /etc/apache2/httpd.conf
# harden-image: package apache2 (line 2): the pid file, from general knowledge
RUN chown 10001:10001 /run/apache2 /var/log/apache2
EXPOSE 8080
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["httpd", "-DFOREGROUND"]
