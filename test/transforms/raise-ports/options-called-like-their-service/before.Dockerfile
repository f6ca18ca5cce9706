FROM node:20-alpine
WORKDIR /srv
COPY . .
EXPOSE 80 25
ENTRYPOINT ["bin/mailer"]
CMD ["--web", "80", "--smtp", "25", "--wait", "25"]
