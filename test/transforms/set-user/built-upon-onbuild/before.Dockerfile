FROM node:22
ONBUILD COPY . /srv/app
ONBUILD RUN apt-get update
CMD ["node", "/srv/app"]
