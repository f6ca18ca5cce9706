FROM node:22
USER 1000
CMD ["node"]
