FROM debian:trixie-slim
RUN printf '#!/bin/sh\necho /data > /etc/ld-musl-x86_64.path\necho x > /etc/ld.so.preload\nexec sleep 100\n' > /start.sh && chmod +x /start.sh
CMD ["/start.sh"]
