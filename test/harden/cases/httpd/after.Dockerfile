FROM httpd:2.4
# harden-image: listen above 1024 (httpd.conf said 80)
RUN sed -i -E 's/^Listen 80$/Listen 8080/' /usr/local/apache2/conf/httpd.conf
# harden-image: httpd does not start without its pid file
RUN mkdir -p /usr/local/apache2/logs \
 && chown 33:33 /usr/local/apache2/logs
EXPOSE 8080
# harden-image: www-data (33:33), the account that its vendor runs it as
USER 33:33
