FROM node:22
EXPOSE 3000
COPY . /srv/app
RUN npm ci