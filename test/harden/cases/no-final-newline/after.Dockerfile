FROM node:22
WORKDIR /srv/app
COPY . .
EXPOSE 3000
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000