FROM node:22
WORKDIR /app
RUN corepack enable && corepack prepare pnpm@9.12.0 --activate
RUN apt-get update && apt-get install -y ruby && gem install foreman --user-install
RUN hf download example/model
RUN uv python install 3.12
COPY package.json .
# harden-image: what corepack installs in line 3 is there; and more
RUN mkdir -p /root/.cache/huggingface/hub \
 && chown 1000:1000 /root/.cache/huggingface /root/.cache/huggingface/hub \
 && chmod go+x /root
ENV COREPACK_HOME=/root/.cache/node/corepack
# harden-image: what Hugging Face Hub installs in line 5 is there; and more
ENV HF_HOME=/root/.cache/huggingface
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["pnpm", "start"]
