FROM node:20-alpine
WORKDIR /app
COPY index.js .
ENV CONFIG_PATH="/config" METADATA_PATH=/metadata
# Made by a RUN, read by tools, a file.
ENV FONTS_DIR=/fonts PLUGIN_PATH=/plugins RULES_PATH=/rules.json
RUN wget -qO- https://example.org/fonts.tar | tar -x -C $FONTS_DIR
# harden-image: named by ENV CONFIG_PATH, and nothing of the Dockerfile makes it
RUN install -d -o 1000 -g 1000 "$CONFIG_PATH" "$METADATA_PATH"
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "index.js"]
