# 443 is off in the vendor's image; here it is on.
FROM httpd:2.4
RUN sed -i -e 's/^#\(Include .*httpd-ssl.conf\)/\1/' -e 's/^#\(LoadModule .*mod_ssl.so\)/\1/' conf/httpd.conf
EXPOSE 443
