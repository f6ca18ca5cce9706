FROM node:22
RUN apk add --no-cache git
USER 1000:1000
CMD ["node"]