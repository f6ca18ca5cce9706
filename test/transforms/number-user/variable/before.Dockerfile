FROM node:22
ARG WHO=node
USER ${WHO}
CMD ["node"]
