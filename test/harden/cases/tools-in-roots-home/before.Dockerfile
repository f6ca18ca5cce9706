FROM node:22
WORKDIR /app
RUN corepack enable && corepack prepare pnpm@9.12.0 --activate
RUN apt-get update && apt-get install -y ruby && gem install foreman --user-install
RUN hf download example/model
RUN uv python install 3.12
COPY package.json .
CMD ["pnpm", "start"]
