# The RUN has moved the port already, and EXPOSE says so: the base image's 80 is nobody's.
FROM wordpress:6-apache
RUN sed -i "s/Listen 80/Listen 8000/" /etc/apache2/ports.conf \
 && sed -i "s/:80>/:8000>/" /etc/apache2/sites-available/000-default.conf
EXPOSE 8000
# harden-image: www-data (33:33), the account that its vendor runs it as
USER 33:33
