// A company's Dockerfiles: a repository of many services, as a platform team has them.
/** How teams write a Dockerfile, each with the name of its services. */
const styles: readonly { readonly name: string; readonly write: (port: number, number: number) => string }[] = [
  {
    name: 'shop',
    write: (port) =>
      lines(
        'FROM node:20-alpine',
        'WORKDIR /app',
        'COPY package*.json ./',
        'RUN npm ci --omit=dev',
        'COPY . .',
        `EXPOSE ${port}`,
        'CMD ["node", "server.js"]',
      ),
  },
  {
    name: 'report',
    write: (port) =>
      lines(
        '# syntax=docker/dockerfile:1',
        'FROM python:3.12-slim',
        'ENV PYTHONUNBUFFERED=1',
        'WORKDIR /srv/report',
        'COPY requirements.txt .',
        'RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt',
        'COPY . .',
        'VOLUME /srv/report/data',
        `CMD ["gunicorn", "--bind", "0.0.0.0:${port}", "report:app"]`,
      ),
  },
  {
    name: 'gateway',
    write: (port) =>
      lines(
        'FROM golang:1.22 AS build',
        'WORKDIR /src',
        'COPY go.* ./',
        'RUN go mod download',
        'COPY . .',
        'RUN CGO_ENABLED=0 go build -o /gateway ./cmd/gateway',
        '',
        'FROM scratch',
        'COPY --from=build /gateway /gateway',
        `EXPOSE ${port}`,
        'ENTRYPOINT ["/gateway"]',
      ),
  },
  {
    name: 'site',
    write: () =>
      lines(
        'FROM node:20 AS assets',
        'WORKDIR /site',
        'COPY . .',
        'RUN npm ci && npm run build',
        'FROM nginx:1.27',
        'COPY --from=assets /site/dist /usr/share/nginx/html',
        'EXPOSE 80',
      ),
  },
  {
    name: 'ledger',
    write: (port, number) =>
      lines(
        'FROM eclipse-temurin:21-jre',
        'RUN mkdir -p /var/log/ledger',
        `COPY target/ledger-${number}.jar /opt/ledger.jar`,
        'VOLUME ["/var/log/ledger"]',
        `EXPOSE ${port}`,
        'CMD java $JAVA_OPTS -jar /opt/ledger.jar',
      ),
  },
  {
    name: 'intranet',
    write: () =>
      lines('from php:8.3-apache', 'run docker-php-ext-install pdo_mysql', 'copy . /var/www/html/', 'expose 80'),
  },
  {
    name: 'mobile',
    write: (port) =>
      lines(
        'FROM node:22-bookworm-slim',
        'WORKDIR /home/node/app',
        'COPY --chown=node:node . .',
        'USER node',
        `EXPOSE ${port}`,
        'CMD ["node", "dist/main.js"]',
      ),
  },
  {
    name: 'search',
    write: (port) =>
      lines(
        'FROM debian:bookworm-slim',
        'RUN groupadd -g 1500 search && useradd -u 1500 -g 1500 -m search',
        'COPY bin/search /usr/local/bin/search',
        'USER 1500:1500',
        `EXPOSE ${port}`,
        'ENTRYPOINT ["search"]',
      ),
  },
  {
    name: 'backup',
    write: (_port, number) =>
      lines(
        '# hadolint ignore=DL3002',
        `# harden-image ignore=set-user reason=reads the disks of the host (OPS-${number})`,
        'FROM debian:bookworm-slim',
        'RUN apt-get update && apt-get install -y restic && rm -rf /var/lib/apt/lists/*',
        'CMD ["restic", "backup", "/host"]',
      ),
  },
  {
    name: 'jump',
    write: () =>
      lines(
        'FROM debian:bookworm',
        'RUN apt-get update \\',
        ' && apt-get install -y openssh-server \\',
        ' && mkdir /run/sshd',
        'EXPOSE 22',
        'CMD ["/usr/sbin/sshd", "-D"]',
      ),
  },
  {
    name: 'worker',
    // As Windows writes it.
    write: () =>
      lines(
        'FROM ruby:3.3',
        'ARG RAILS_ENV=production',
        'WORKDIR /app',
        'COPY Gemfile* ./',
        'RUN bundle install',
        'COPY . .',
        'COPY <<EOF /usr/local/bin/start',
        '#!/bin/sh',
        'exec bundle exec sidekiq',
        'EOF',
        'RUN chmod +x /usr/local/bin/start',
        'CMD ["/usr/local/bin/start"]',
      ).replaceAll('\n', '\r\n'),
  },
  {
    name: 'model',
    write: (port, number) =>
      lines(
        `FROM registry.example.org/ml/base-${number % 5}:2024.1`,
        'COPY model /model',
        'ENV HOME=/root',
        'USER root',
        'RUN mkdir -p /root/.cache && /opt/setup.sh',
        `HEALTHCHECK CMD curl -f http://localhost:${port}/healthz`,
        'ENTRYPOINT ["/opt/serve.sh"]',
      ),
  },
]

/** Dockerfiles by path: twelve styles in turns, in the folders of ten teams. The same ones for the same number. */
export function dockerfileTree(files: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: files }, (_, index) => {
      const { name, write } = styles[index % styles.length] ?? never()
      const number = Math.floor(index / styles.length) + 1
      const text = write(number % 3 === 0 ? 80 : 3000 + number, number)
      return [`team-${index % 10}/${name}-${String(number).padStart(2, '0')}/Dockerfile`, text]
    }),
  )
}

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('')
}

function never(): never {
  throw new Error('there are styles')
}
