FROM node:22
WORKDIR /pw
COPY <<'EOF' package.json
{}
EOF
# harden-image: playwright removes test-results and makes it anew; and more
RUN mkdir -p /pw/playwright-report /pw/test-results \
 && chown -Rh 1000:1000 /pw/playwright-report /pw/test-results \
 && chgrp 1000 /pw \
 && chmod 1775 /pw
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["npx", "playwright", "test"]
