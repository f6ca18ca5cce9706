FROM acme/apache
EXPOSE 80
CMD ["httpd", "-DFOREGROUND"]
