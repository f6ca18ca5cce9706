// A repository of many services, as a platform team has them.
/** How a team writes its Dockerfile; `name` is that of the service. */
const STYLES: readonly ((name: string) => readonly string[])[] = [
  () => ['FROM node:22', 'WORKDIR /app', 'COPY . .', 'RUN npm ci', 'EXPOSE 3000', 'CMD ["node", "server.js"]'],
  (name) => ['FROM python:3.12-slim', 'WORKDIR /srv', 'COPY . .', `CMD ["python", "-m", "${name.replace('-', '_')}"]`],
  () => ['FROM nginx:1.27', 'COPY site/ /usr/share/nginx/html/', 'EXPOSE 80'],
  (name) => [
    'FROM golang:1.23 AS build',
    'WORKDIR /src',
    'COPY . .',
    `RUN go build -o /${name} .`,
    'FROM gcr.io/distroless/static-debian12',
    `COPY --from=build /${name} /${name}`,
    `ENTRYPOINT ["/${name}"]`,
  ],
  () => ['FROM debian:trixie-slim', 'RUN apt-get update && apt-get install -y redis-server', 'CMD ["redis-server"]'],
  () => ['FROM alpine:3.20', 'RUN apk add --no-cache curl', 'COPY run.sh /run.sh', 'ENTRYPOINT ["/run.sh"]'],
  (name) => ['FROM eclipse-temurin:21', `COPY target/${name}.jar /app.jar`, 'CMD ["java", "-jar", "/app.jar"]'],
  () => ['FROM php:8.3-apache', 'COPY . /var/www/html/', 'VOLUME /var/www/html/uploads', 'EXPOSE 80'],
  () => ['FROM node:22-alpine', 'WORKDIR /app', 'COPY . .', 'USER node', 'CMD ["node", "."]'],
  () => ['FROM debian:trixie-slim', 'RUN apt-get update && apt-get install -y cron', 'CMD ["cron", "-f"]'],
  () => ['FROM registry.example/base:7', 'COPY app /opt/app', 'ENV LOG_DIR=/var/log/app', 'CMD ["/opt/app/start"]'],
  () => ['# harden-image ignore=set-user reason=legacy', 'FROM debian:trixie-slim', 'CMD ["/usr/sbin/agent"]'],
]

/** Texts by their paths below the folder, the same on every call. */
export function manyDockerfiles(count = 300): ReadonlyMap<string, string> {
  return new Map(
    Array.from({ length: count }, (_, index) => {
      const name = `service-${String(index + 1).padStart(3, '0')}`
      const style = STYLES[index % STYLES.length]
      // Half of the teams say who they are.
      const head = index % 2 === 0 ? [] : [`# Owned by team ${index % 7}`]
      return [`services/${name}/Dockerfile`, `${[...(style?.(name) ?? []), ...head].join('\n')}\n`]
    }),
  )
}
