FROM node:20-alpine
WORKDIR /app
COPY index.js .
ENV CONFIG_PATH="/config" METADATA_PATH=/metadata
# Made by a RUN, read by tools, a file.
ENV FONTS_DIR=/fonts PLUGIN_PATH=/plugins RULES_PATH=/rules.json
RUN wget -qO- https://example.org/fonts.tar | tar -x -C $FONTS_DIR
CMD ["node", "index.js"]
