FROM node:22
WORKDIR /pw
COPY <<'EOF' package.json
{}
EOF
CMD ["npx", "playwright", "test"]
