FROM example.org/web:1
# harden-image: nginx (101:101), the image's own account
USER 101:101
