/** Dockerfiles as people write them: the lines of real ones, in any order and in any number. */
import fc from 'fast-check'

/** Bases that are known (see `appBases`), in the catalogue, or unknown. */
const base = fc.constantFrom(
  'debian:trixie',
  'web:1',
  'node:22',
  'nginx:1.27',
  'alpine:3.20',
  'ghcr.io/acme/base:1',
  '$BASE',
  'scratch',
)

/** What an engine would know of two of them. */
export const appBases = {
  'debian:trixie': { like: 'debian' },
  'web:1': {
    like: 'debian',
    config: { user: 'web', cmd: ['serve'], workdir: '/srv/web', ports: ['80/tcp'], volumes: ['/srv/web/data'] },
    passwd: ['web:x:1500:1500::/srv/web:/bin/sh'],
    group: ['web:x:1500:'],
    files: ['drwxr-xr-x 1500:1500 /srv/web', '-rwxr-xr-x 0:0 /usr/local/bin/serve'],
  },
} as const

const user = fc.constantFrom(
  'root',
  'root',
  'root',
  'root',
  'root',
  '0',
  '0:0',
  'app',
  'app:app',
  '1000',
  '1000:1000',
  'node',
  'web',
  '$WHO',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a Dockerfile's variable
  '${WHO:-app}',
  '"app"',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a Dockerfile's variable
  '${UID}:${GID}',
)
const path = fc.constantFrom(
  '/data',
  '/app/data',
  '/var/lib/app',
  '/root/app',
  '/srv/web/data',
  "/it's",
  '/var/log/nginx',
  '/home/app/.cache',
  '/etc/app',
)
const comment = fc.constantFrom(
  '# a comment',
  '# a comment',
  '# a comment',
  '# hadolint ignore=DL3002',
  '# trivy:ignore:DS-0002',
  '# checkov:skip=CKV_DOCKER_8: not now',
  '# harden-image ignore=set-user reason=later',
  '# harden-image ignore=own-writable-paths,raise-ports reason=mine',
  '',
)

const with_ = (text: (at: string) => string): fc.Arbitrary<string> => path.map(text)

const line = fc.oneof(
  { weight: 4, arbitrary: user.map((name) => `USER ${name}`) },
  { weight: 3, arbitrary: with_((at) => `VOLUME ${at}`) },
  with_((at) => `VOLUME ["${at}", "/logs"]`),
  with_((at) => `WORKDIR ${at}`),
  with_((at) => `RUN mkdir -p ${at}`),
  with_((at) => `RUN mkdir -p ${at} && chown -R app:app ${at}`),
  with_((at) => `RUN chown app "${at}"`),
  with_((at) => `RUN --mount=type=cache,target=${at} --mount=type=secret,id=s,target=/run/s npm ci`),
  with_((at) => `RUN --mount=type=cache,target=${at},uid=1000 --mount=type=ssh make`),
  with_((at) => `RUN <<EOF\nset -e\nmkdir ${at}\nUSER not-one\nEOF`),
  with_((at) => `COPY <<-"END" ${at}/file\n\tuser app;\nEND`),
  with_((at) => `COPY --chown=app:app --link . ${at}`),
  with_((at) => `COPY --from=0 ${at} ${at}`),
  with_((at) => `ADD x.tar.gz ${at}/`),
  with_((at) => `ENV DATA_DIR=${at} PORT=80`),
  with_((at) => `ENTRYPOINT ["sudo", "-u", "app", "serve", "--data", "${at}"]`),
  with_((at) => `CMD ["serve", "--port", "80", "--data=${at}"]`),
  fc.constantFrom(
    'ARG WHO',
    'ARG WHO=app',
    'ARG UID=1000\nARG GID=1000',
    'ENV WHO=root',
    'ENV HOME=/root PATH=/root/.local/bin:$PATH',
    'RUN useradd app',
    'RUN groupadd -r app && useradd -r -g app app',
    'RUN adduser -D -u 1000 app',
    'RUN adduser --system --group app',
    'RUN useradd -u $UID -m app',
    "RUN echo 'app:x:1234:1234::/:/bin/sh' >> /etc/passwd",
    'RUN usermod -u 1001 app',
    'RUN userdel app',
    'RUN apt-get update && apt-get install -y nginx \\\n    # a comment between\n    sudo \\\n && rm -rf /var/lib/apt/lists/*',
    'RUN apk add --no-cache redis',
    'RUN pip install --user flask',
    'RUN setcap cap_net_bind_service=+ep /usr/local/bin/serve',
    'RUN sudo chown -R app /srv',
    'RUN ["/bin/true"]',
    'RUN curl -sSf https://sh.rustup.rs | sh -s -- -y',
    'ONBUILD USER app',
    'ONBUILD RUN npm ci',
    'ONBUILD COPY . /app',
    'HEALTHCHECK --interval=5s CMD curl -f http://localhost:80/ || exit 1',
    'HEALTHCHECK NONE',
    'EXPOSE 80 443/udp 8080',
    'EXPOSE $PORT',
    'EXPOSE 80-82',
    'SHELL ["/bin/bash", "-c"]',
    'STOPSIGNAL SIGTERM',
    'LABEL a="b c" \\\n  d=e',
    'CMD nginx -g "daemon off;"',
    'CMD ["supervisord", "-n"]',
    'CMD sudo -E serve',
    'CMD exec gosu app serve',
    'ENTRYPOINT ["/usr/bin/tini", "--", "sudo", "serve"]',
    'ENTRYPOINT ["/init"]',
    'CMD []',
  ),
)

const head = fc.constantFrom(
  '',
  '',
  'ARG BASE=debian:trixie\n',
  'ARG BASE\n',
  '# escape=\\\n',
  '\ufeff',
  '# a comment on top\n\n',
)
const stage = fc.tuple(
  base,
  fc.option(fc.constantFrom('build', 'run')),
  fc.array(fc.tuple(fc.option(comment, { freq: 12 }), line), { maxLength: 9 }),
  // Without it, nearly all that is generated would be no image that runs as root.
  fc.constantFrom<readonly string[]>(
    [],
    ['USER root', 'CMD ["serve"]'],
    ['USER 0', 'RUN true', 'CMD ["serve"]'],
    ['USER root'],
  ),
)

export const appText: fc.Arbitrary<string> = fc
  .tuple(head, fc.array(stage, { minLength: 1, maxLength: 3 }), fc.boolean(), fc.boolean(), fc.nat(5))
  .map(([top, stages, final, crlf, chain]) => {
    const names = new Set<string>()
    const lines = stages.flatMap(([image, name, body, end], index) => {
      // Every now and then a stage goes on where another one has ended.
      const from = index > 0 && chain === 0 && names.size > 0 ? [...names][0] : image
      const fresh = name !== null && !names.has(name)
      if (fresh) names.add(name)
      return [
        `FROM ${from}${fresh ? ` AS ${name}` : ''}`,
        ...body.flatMap(([above, text]) => (above === null ? [text] : [above, text])),
        ...end,
      ]
    })
    const text = `${top}${lines.join('\n')}${final ? '\n' : ''}`
    return crlf ? text.replaceAll('\n', '\r\n') : text
  })
