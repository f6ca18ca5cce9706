import { describe, expect, test } from '@jest/globals'
import type { BuildContext, ContextEntry } from '../../src/contents/build-context.ts'
import { changedMode } from '../../src/contents/draft.ts'
import { commandLine } from '../../src/evidence/command-line.ts'
import { runLines } from '../../src/evidence/run-lines.ts'
import { unpackedIn } from '../../src/plan/plan-context.ts'
import { claimsOf, partOf, pathsOf } from '../evidence/view.ts'
import { shipped } from './shipped.ts'

describe('RUN lines', () => {
  test.each([
    ['RUN mkdir -p /data', ['/data']],
    ['WORKDIR /app\nRUN mkdir -p logs bin', ['/app/logs']],
    ['ENV STATE=/srv/x/state\nRUN mkdir -p $STATE', ['/srv/x/state']],
    ['RUN cd /srv/x && mkdir uploads', ['/srv/x/uploads']],
    ['RUN mkdir /var/lib/x && make && rm -rf /var/lib/x', []],
    ['RUN mkdir -p /etc/x /usr/share/x/data /root/.cache/data /tmp/data', []],
    ['WORKDIR /root/app\nRUN mkdir uploads', ['/root/app/uploads']],
    ['RUN chown -R www-data:www-data /var/www/html', ['/var/www/html']],
    ['RUN chown root:root /srv/x', []],
    ['RUN chmod 777 /srv/x && chmod 755 /srv/y', ['/srv/x']],
    ['RUN chmod a+w /srv/x && chmod +x /srv/y', ['/srv/x']],
    ['RUN mkdir -p /var/lib/{a,b} /var/lib/c*', []],
    ['RUN mkdir -p "$UNKNOWN/data"', []],
    // Made, and handed over.
    ['RUN install -d -o app -m 750 /var/lib/x', ['/var/lib/x', '/var/lib/x']],
  ])('%s', (text, expected) => {
    expect(pathsOf(runLines, partOf({ contents: shipped(text) }))).toEqual(expected)
  })
})

describe('what a RUN unpacks', () => {
  test.each<[string, readonly string[]]>([
    ['RUN tar -xzf /tmp/a.tgz -C /opt/a', ['/opt/a']],
    ['RUN curl -fsSL https://example.com/a.tgz | tar xz --strip-components=1 --directory=/opt/a', ['/opt/a']],
    ['WORKDIR /opt/a\nRUN tar xf /tmp/a.tar', ['/opt/a']],
    ['RUN unzip -q /tmp/a.zip -d /opt/a', ['/opt/a']],
    ['RUN cd /opt/a && unzip /tmp/a.zip', ['/opt/a']],
    ['RUN git clone --depth 1 https://example.com/a.git /opt/a', ['/opt/a']],
    ['WORKDIR /opt/a\nRUN git clone https://example.com/a.git .', ['/opt/a']],
    ['RUN composer create-project shop/shop /opt/a', ['/opt/a']],
    // It packs, and looks.
    ['RUN tar -czf /tmp/a.tgz -C /opt/a .', []],
    ['RUN git -C /opt/a pull', []],
    ['RUN tar -xf /tmp/a.tar -C "$UNKNOWN"', []],
    // Given away afterwards.
    ['RUN unzip /tmp/a.zip -d /opt/a && chown -R app /opt', []],
    ['RUN chown -R app /opt && unzip /tmp/a.zip -d /opt/a', ['/opt/a']],
  ])('%s', (text, expected) => expect(unpackedIn(shipped(text))).toEqual(expected))
})

describe('arguments', () => {
  test.each([
    [['x', '--data-dir=/srv/x'], ['/srv/x']],
    [['x', '--pidfile', 'run/x.pid'], ['/app/run/x.pid']],
    [['x', '-D', '/data'], ['/data']],
    [['x', '-L', 'log/x.log'], ['/app/log/x.log']],
    [['gunicorn', '--bind', 'unix:/run/x.sock'], ['/run/x.sock']],
    [['java', '-Xlog:gc*:file=/var/log/gc.log:time', '-jar', 'x.jar'], ['/var/log/gc.log']],
    [['x', '-c', '/etc/x.conf'], []],
    [['sh', '-c', 'x >> logs/x.log'], ['/app/logs/x.log']],
    [['x', '--log-level', 'info'], []],
    [['x', '--log-file=/dev/stdout'], []],
    [['x', '--run-dir', 'run'], []],
    [['x', '--run-dir', './run'], ['/app/run']],
    // A program to run, and the first word of what a shell quotes.
    [['x', '--run', 'bin/server'], []],
    [['sh', '-c', 'x --store "bin/server --verbose"'], []],
  ])('%j', (cmd, expected) => {
    expect(pathsOf(commandLine, partOf({ config: { cmd, workdir: '/app' } }))).toEqual(expected)
  })
})

describe('files of the build context', () => {
  const file = (mode: number): ContextEntry => ({ type: 'file', mode, size: 1, link: null, text: 'x' })
  const folder: ContextEntry = { type: 'directory', mode: 0o755, size: 0, link: null, text: null }
  const context: BuildContext = {
    entries: new Map([
      ['a.js', file(0o644)],
      ['src', folder],
      ['src/b.js', file(0o600)],
    ]),
    partial: false,
  }
  test.each([
    ['COPY . /app/', ['/app/a.js', '/app/src/b.js']],
    ['WORKDIR /app\nCOPY a.js .', ['/app/a.js']],
    ['COPY a.js /app/main.js', ['/app/main.js']],
    ['COPY src /app/lib', ['/app/lib/b.js']],
    ['COPY *.js /app/', ['/app/a.js']],
    ['COPY src/*.js /app/', ['/app/b.js']],
    ['COPY . /app\nFROM debian:trixie-slim\nCOPY --from=0 /app/src /srv/src', ['/srv/src/b.js']],
    ['COPY . /app\nRUN rm -r /app/src', ['/app/a.js']],
  ])('%s', (text, expected) => {
    const { entries } = shipped(text, context)
    expect([...entries].filter(([, entry]) => entry.type === 'file').map(([path]) => path)).toEqual(expected)
  })

  test('keep their modes, and what --chmod and chmod say', () => {
    const mode = (text: string) => shipped(text, context).entries.get('/b.js')?.mode
    expect(mode('COPY src/b.js /b.js')).toBe(0o600)
    expect(mode('COPY --chmod=755 src/b.js /b.js')).toBe(0o755)
    expect(mode('COPY src/b.js /b.js\nRUN chmod go+r /b.js')).toBe(0o644)
    expect(changedMode(0o600, 'u+x,go=rx')).toBe(0o755)
  })

  test('what a redirect writes is a file, whatever it is called', () => {
    const view = partOf({ config: { cmd: ['sh', '-c', 'date > /srv/started && x'], workdir: '/app' } })
    expect(claimsOf(commandLine, view)).toMatchObject([{ access: 'create-file', path: '/srv/started' }])
  })
})
