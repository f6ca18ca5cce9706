FROM node:22
WORKDIR /srv/app
COPY . .