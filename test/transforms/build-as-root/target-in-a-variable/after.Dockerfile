FROM node:22
ENV BUNDLE=/home/node/app/server.jar
USER 1000:1000
RUN cp /usr/share/vendor/server.jar $BUNDLE && chown node:node "$BUNDLE"
CMD ["node", "server.js"]
