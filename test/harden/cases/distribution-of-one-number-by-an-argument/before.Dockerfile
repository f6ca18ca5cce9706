ARG DISTRO=alpine
FROM node:22-${DISTRO}
COPY server.js /srv/
CMD ["node", "/srv/server.js"]
