FROM node:22-slim
WORKDIR /site
COPY package.json ./
RUN npm ci
CMD ["gatsby", "develop", "--host", "0.0.0.0"]
