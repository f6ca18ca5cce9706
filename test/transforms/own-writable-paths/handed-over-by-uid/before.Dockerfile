FROM node:22-slim
RUN unpack /srv && chown 1000:1000 /srv/app && chown daemon /srv/other
RUN if [ -d /srv/extra ]; then chown node /srv/extra; fi
CMD ["node", "/srv/app/server.js"]
