FROM alpine:3.19
RUN apk add apache2 && sed -i 's/^Listen .*/Listen 0.0.0.0:80/' /etc/apache2/httpd.conf
COPY <<"CONF" /etc/apache2/conf.d/site.conf
<VirtualHost *:80>
    DocumentRoot /srv
</VirtualHost>
CONF
# harden-image: app (10001:10001): the image has no service account for it
RUN addgroup -g 10001 app \
 && adduser -D -u 10001 -G app -h /home/app -s /sbin/nologin app
# harden-image: package apache2 (line 2): the pid file, from general knowledge
RUN chown 10001:10001 /run/apache2 /var/log/apache2
EXPOSE 80
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["httpd", "-DFOREGROUND"]
