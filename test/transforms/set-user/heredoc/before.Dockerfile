FROM node:22
RUN <<EOF
npm ci
# USER root
EOF
CMD ["node", "server.js"]
