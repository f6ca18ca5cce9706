FROM node:22
EXPOSE 3000
COPY . /srv/app
RUN npm ci
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000