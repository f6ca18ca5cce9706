FROM debian:trixie-slim
RUN mkdir /data && chgrp -R 0 /data && chmod -R g=u /data
USER 1001
CMD ["app"]
