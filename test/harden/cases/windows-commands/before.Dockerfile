FROM example.org/node:8
WORKDIR C:/code
COPY . .
RUN npm install
ENTRYPOINT ["node.exe", "app.js"]
