FROM node:22 AS build
USER node
RUN apt-get update

FROM node:22
COPY --from=build /srv /srv
USER 1000:1000
CMD ["node", "server.js"]
