FROM node:22
WORKDIR /work
COPY package.json package-lock.json ./
RUN npm ci
