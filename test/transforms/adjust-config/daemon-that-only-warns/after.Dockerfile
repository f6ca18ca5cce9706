FROM example.org/lb:1
# harden-image: haproxy (99:99), haproxy switches to it in haproxy.cfg
USER 99:99
