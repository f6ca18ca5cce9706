FROM node:20-alpine
WORKDIR /srv
COPY . .
EXPOSE 8080 8025
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
ENTRYPOINT ["bin/mailer"]
CMD ["--web", "8080", "--smtp", "8025", "--wait", "25"]
