FROM nginx:latest
