FROM node:22
USER node
RUN chown -R node /srv
EXPOSE 3000
CMD ["node", "/srv/server.js"]
