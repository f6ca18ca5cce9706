FROM node:22
USER node
RUN apk add --no-cache git
CMD ["node"]