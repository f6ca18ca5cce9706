FROM node:22
USER node
COPY . .
EXPOSE 3000
USER 0
RUN apt-get update && apt-get install -y git
USER root
