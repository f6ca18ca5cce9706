FROM example.org/lb:1
# harden-image: haproxy (99:99)
USER 99:99
