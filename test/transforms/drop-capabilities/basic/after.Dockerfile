FROM node:20-slim
RUN apt-get update && apt-get install -y libcap2-bin && setcap 'cap_net_bind_service=+ep' "$(which node)"
WORKDIR /app
COPY . .
ENV PORT=8080
# harden-image: without cap_net_bind_service: --cap-drop=ALL refuses it
RUN setcap -r "$(which node)"
EXPOSE 8080
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "server.js"]
