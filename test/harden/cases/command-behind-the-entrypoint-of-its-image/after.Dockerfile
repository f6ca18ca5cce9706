FROM node:22-slim
WORKDIR /site
COPY package.json ./
RUN npm ci
# harden-image: gatsby keeps its cache where it starts; and more
RUN install -d -o 1000 -g 1000 /site/.cache /site/public
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["gatsby", "develop", "--host", "0.0.0.0"]
