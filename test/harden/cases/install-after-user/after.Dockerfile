FROM node:22
USER node
COPY . .
USER 0
RUN apt-get update && apt-get install -y git
USER root
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
