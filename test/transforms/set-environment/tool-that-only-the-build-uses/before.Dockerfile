FROM registry.example/team/base:3
RUN curl -fsSL https://raw.example/nvm-sh/nvm/install.sh | bash && . ~/.nvm/nvm.sh && nvm install 22 && npm run build
CMD ["nginx", "-g", "daemon off;"]
