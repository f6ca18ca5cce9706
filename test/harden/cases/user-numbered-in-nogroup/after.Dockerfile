FROM node:22-alpine
RUN addgroup --system --gid 1001 nodejs
RUN adduser --system --uid 1001 nextjs
COPY server.js /srv/
USER 1001:65533
CMD ["node", "/srv/server.js"]
