FROM example.org/web:1
# harden-image: the home of the user
RUN mkdir -p /home/web \
 && chown 101:101 /home/web
# harden-image: the original writes into its home
ENV HOME=/home/web
# harden-image: web (101:101), the image's own account
USER 101:101
