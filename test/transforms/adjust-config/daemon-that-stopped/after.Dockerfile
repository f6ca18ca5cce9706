FROM example.org/lb:1
# harden-image: haproxy has its own user already, and only root can switch
RUN sed -i -E \
      -e '/^[[:space:]]*user haproxy[[:space:]]*$/d' \
      -e '/^[[:space:]]*group haproxy[[:space:]]*$/d' \
      -e '\#^[[:space:]]*chroot /var/lib/haproxy[[:space:]]*$#d' \
      /etc/haproxy/haproxy.cfg
# harden-image: haproxy (99:99), haproxy switches to it in haproxy.cfg
USER 99:99
