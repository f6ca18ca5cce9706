FROM php:8.3-fpm
RUN echo 'listen = /run/php/app.sock' >> /usr/local/share/notes/etc.txt
CMD ["php-fpm"]
