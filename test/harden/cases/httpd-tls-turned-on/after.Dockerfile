# 443 is off in the vendor's image; here it is on.
FROM httpd:2.4
RUN sed -i -e 's/^#\(Include .*httpd-ssl.conf\)/\1/' -e 's/^#\(LoadModule .*mod_ssl.so\)/\1/' conf/httpd.conf
# harden-image: listen above 1024 (httpd.conf and httpd-ssl.conf said 80, 443)
RUN sed -i -E 's/^Listen 80$/Listen 8080/' /usr/local/apache2/conf/httpd.conf \
 && sed -i -E \
      -e 's/^Listen 443$/Listen 8443/' \
      -e 's/^<VirtualHost _default_:443>/<VirtualHost _default_:8443>/' \
      /usr/local/apache2/conf/extra/httpd-ssl.conf
# harden-image: httpd does not start without its pid file
RUN mkdir -p /usr/local/apache2/logs \
 && chown 33:33 /usr/local/apache2/logs
EXPOSE 8443
EXPOSE 8080
# harden-image: www-data (33:33), the account that its vendor runs it as
USER 33:33
