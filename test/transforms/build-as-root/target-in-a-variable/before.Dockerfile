FROM node:22
ENV BUNDLE=/home/node/app/server.jar
USER node
RUN cp /usr/share/vendor/server.jar $BUNDLE && chown node:node "$BUNDLE"
CMD ["node", "server.js"]
