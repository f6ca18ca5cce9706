FROM node:22
USER node
# harden-image: /data (declared by VOLUME)
USER 0
RUN mkdir -p /data \
 && chown 1000:1000 /data
USER node
VOLUME /data
RUN npm ci
USER root
RUN apt-get update
# harden-image: node (1000:1000), the user of this Dockerfile before root again
USER 1000:1000
CMD ["node", "server.js"]
