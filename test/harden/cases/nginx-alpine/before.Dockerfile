FROM nginx:alpine
