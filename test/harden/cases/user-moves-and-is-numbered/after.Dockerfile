FROM node:22
RUN chown -R node /srv
USER 1000:1000
EXPOSE 3000
CMD ["node", "/srv/server.js"]
