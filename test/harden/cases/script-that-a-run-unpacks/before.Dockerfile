FROM node:22-slim
RUN curl --fail --output /opt/pad.tar.gz https://pad.example/pad.tar.gz && \
    mkdir /opt/pad && \
    tar xf /opt/pad.tar.gz --directory /opt/pad --strip-components=1 && \
    rm /opt/pad.tar.gz
WORKDIR /opt/pad
EXPOSE 9001
CMD ["node", "src/server.js"]
