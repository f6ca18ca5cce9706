FROM node:22-slim
RUN unpack /srv && chown 1000:1000 /srv/app && chown daemon /srv/other
RUN if [ -d /srv/extra ]; then chown node /srv/extra; fi
# harden-image: handed to node by RUN in line 3; and more
RUN install -d -o 1000 -g 1000 /srv/extra \
 && chown 1000:1000 /srv/other
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "/srv/app/server.js"]
