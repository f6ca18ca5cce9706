FROM node:22-slim
WORKDIR /site
COPY package.json ./
RUN npm ci
# harden-image: write access to /site/.cache, /site/public
RUN mkdir -p /site/.cache /site/public \
 && chown 1000:1000 /site/.cache /site/public
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["gatsby", "develop", "--host", "0.0.0.0"]
