ARG DISTRO=alpine
FROM node:22-${DISTRO}
COPY server.js /srv/
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "/srv/server.js"]
