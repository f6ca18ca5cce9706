# harden-image: decide: /dump.rdb is not given to the user: / belongs to the system and is never handed over
FROM example.org/platform:1
# harden-image: a bare uid has no home, and the base image is not known
ENV HOME=/tmp
# harden-image: 10001:10001, a bare uid, which needs no account
USER 10001:10001
CMD ["redis-server", "--protected-mode", "no"]
