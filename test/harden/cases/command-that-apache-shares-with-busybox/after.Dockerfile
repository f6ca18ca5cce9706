FROM acme/apache
EXPOSE 80
# harden-image: a bare uid has no home, and the base image is not known
ENV HOME=/tmp
# harden-image: 10001:10001, a bare uid, which needs no account
USER 10001:10001
CMD ["httpd", "-DFOREGROUND"]
