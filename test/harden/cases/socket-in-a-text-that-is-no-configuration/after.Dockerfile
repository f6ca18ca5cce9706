FROM php:8.3-fpm
RUN echo 'listen = /run/php/app.sock' >> /usr/local/share/notes/etc.txt
# harden-image: www-data (33:33), the account that its vendor runs it as
USER 33:33
CMD ["php-fpm"]
