FROM registry.example/team/base:3
RUN curl -fsSL https://raw.example/nvm-sh/nvm/install.sh | bash
WORKDIR /srv/web
COPY . .
CMD ["bash", "-lc", "npm start"]
