FROM node:20-slim
RUN apt-get update && apt-get install -y libcap2-bin && setcap 'cap_net_bind_service=+ep' "$(which node)"
WORKDIR /app
COPY . .
ENV PORT=80
EXPOSE 80
CMD ["node", "server.js"]
