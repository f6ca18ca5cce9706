FROM example.org/lb:1
# harden-image: haproxy already runs as its own user, and only root can switch or chroot
RUN sed -i -E \
      -e '/^[[:space:]]*user haproxy[[:space:]]*$/d' \
      -e '/^[[:space:]]*group haproxy[[:space:]]*$/d' \
      -e '\#^[[:space:]]*chroot /var/lib/haproxy[[:space:]]*$#d' \
      /etc/haproxy/haproxy.cfg
# harden-image: haproxy (99:99), haproxy switches to it in /etc/haproxy/haproxy.cfg
USER 99:99
