FROM node:22
COPY . /srv/app
RUN npm ci