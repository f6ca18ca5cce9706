FROM node:20-alpine
WORKDIR /app
COPY index.js .
ENV CONFIG_PATH="/config" METADATA_PATH=/metadata
# Made by a RUN, read by tools, a file.
ENV FONTS_DIR=/fonts PLUGIN_PATH=/plugins RULES_PATH=/rules.json
RUN wget -qO- https://example.org/fonts.tar | tar -x -C $FONTS_DIR
# harden-image: write access to /config, /metadata
RUN mkdir -p /config /metadata \
 && chown 1000:1000 /config /metadata
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "index.js"]
