FROM node:22
USER node
COPY . .
USER 0
RUN apt-get update && apt-get install -y git
USER 1000:1000
