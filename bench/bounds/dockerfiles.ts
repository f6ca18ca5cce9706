import { harden } from '../../src/app/harden-text.ts'
import type { Input } from './input.ts'
import { nestings } from './nestings.ts'

/** What a stranger may write into a Dockerfile. */
export const dockerfiles: readonly Input[] = [
  file('stages', (n) => lines(n, (i) => `FROM debian AS s${i}\nCMD ["x"]`)),
  file('stages built upon one another', (n) =>
    lines(n, (i) => (i === 0 ? 'FROM debian AS s0' : `FROM s${i - 1} AS s${i}`)),
  ),
  file('stages that copy from all before', (n) =>
    lines(n, (i) => `FROM debian AS s${i}${i > 0 ? `\nCOPY --from=s${i - 1} /a /b` : ''}`),
  ),
  repeated('RUN with one command', (i) => `RUN echo ${i}`),
  repeated('RUN that makes a folder', (i) => `RUN mkdir -p /srv/d${i} && chown app /srv/d${i}`),
  repeated('RUN that creates an account', (i) => `RUN useradd -u ${2000 + i} user${i}`),
  repeated('RUN that installs a package', (i) => `RUN apt-get install -y p${i}`),
  repeated('RUN that removes', (i) => `RUN rm -rf /srv/d${i}`),
  repeated('RUN that removes a pattern', (i) => `RUN touch /srv/f${i} && rm -rf /srv/d${i}*`),
  repeated('RUN that hands over all', () => 'RUN chown -R app /srv'),
  repeated('RUN that writes a text', (i) => `RUN echo x > /srv/f${i}`),
  file(
    'RUN with n commands',
    (n) => `FROM debian\nRUN ${lines(n, (i) => `echo ${i}`).replaceAll('\n', ' && ')}\nCMD ["x"]\n`,
  ),
  file(
    'RUN with n commands that write',
    (n) =>
      `FROM debian\nRUN ${lines(n, (i) => `mkdir -p /srv/a${i}; echo > /srv/b${i}`).replaceAll('\n', '; ')}\nCMD ["x"]\n`,
  ),
  file(
    'RUN that changes folders',
    (n) => `FROM debian\nRUN ${lines(n, (i) => `cd a${i}`).replaceAll('\n', ' && ')}\nCMD ["x"]\n`,
  ),
  file(
    'RUN with variables',
    (n) =>
      `FROM debian\nRUN ${lines(n, (i) => `a${i}="$a${i - 1}b"`).replaceAll('\n', '; ')}; rm -rf "$a${n - 1}"\nCMD ["x"]\n`,
  ),
  file(
    'RUN with a variable that doubles',
    (n) => `FROM debian\nRUN a=b; ${lines(n, () => 'a="$a$a"').replaceAll('\n', '; ')}; rm -rf "/$a"\nCMD ["x"]\n`,
  ),
  file('RUN with a pipe', (n) => `FROM debian\nRUN ${lines(n, () => 'cat').replaceAll('\n', ' | ')}\n`),
  file(
    'RUN with a loop',
    (n) => `FROM debian\nRUN ${lines(n, (i) => `for i in a b; do touch /srv/$i${i}; done`).replaceAll('\n', '; ')}\n`,
  ),
  file('RUN with case arms', (n) =>
    `FROM debian\nRUN case "$A" in ${lines(n, (i) => `a${i}) touch /srv/a${i};;`)} esac\n`.replaceAll(';;\n', ';; '),
  ),
  file(
    'RUN with functions',
    (n) =>
      `FROM debian\nRUN ${lines(n, (i) => `f${i}() { f${i + 1}; touch /srv/f${i}; }`).replaceAll('\n', '; ')}; f0\n`,
  ),
  file('RUN with quotes', (n) => `FROM debian\nRUN echo ${'"a" '.repeat(n)}\n`),
  file('heredocs', (n) => lines(n, (i) => `${i === 0 ? 'FROM debian\n' : ''}COPY <<E${i} /srv/f${i}\ntext\nE${i}`)),
  file(
    'heredocs of one instruction',
    (n) =>
      `FROM debian\nCOPY ${lines(n, (i) => `<<E${i}`).replaceAll('\n', ' ')} /srv/\n${lines(n, (i) => `text\nE${i}`)}\n`,
  ),
  file('a heredoc of RUN', (n) => `FROM debian\nRUN <<E\n${lines(n, (i) => `touch /srv/f${i}`)}\nE\n`),
  file('a heredoc that never ends', (n) => `FROM debian\nRUN <<E\n${lines(n, () => 'x')}\n`),
  file('heredocs that never end', (n) => `FROM debian\n${lines(n, (i) => `RUN <<E${i}`)}\n`),
  file('continued lines', (n) => `FROM debian\nRUN echo ${lines(n, () => 'a \\')}\n b\n`),
  file('comments in a continued line', (n) => `FROM debian\nRUN echo \\\n${lines(n, () => '# a')}\n b\n`),
  file('comments', (n) => `FROM debian\n${lines(n, () => '# harden-image ignore set-user')}\nCMD ["x"]\n`),
  file('blank lines', (n) => `FROM debian\n${'\n'.repeat(n)}CMD ["x"]\n`),
  file('blanks at the end of a line', (n) => `FROM debian\nRUN echo${' '.repeat(n)}x\n`),
  file('a line of tabs', (n) => `FROM debian\n${'\t'.repeat(n)}\nRUN x\n`),
  file('a long word', (n) => `FROM debian\nRUN ${'a'.repeat(n)}\n`),
  file('a long word of quotes', (n) => `FROM debian\nRUN echo ${"'a'".repeat(n)}\n`),
  file('a long word of slashes', (n) => `FROM debian\nRUN rm ${'/a'.repeat(n)}\n`),
  file('a long word of dollars', (n) => `FROM debian\nENV a=${'$a'.repeat(n)}\n`),
  file('a long name of an image', (n) => `FROM ${'a/'.repeat(n)}b\n`),
  file('a long CMD', (n) => `FROM debian\nCMD [${lines(n, (i) => `"a${i}"`).replaceAll('\n', ',')}]\n`),
  file('a long CMD of a shell', (n) => `FROM debian\nCMD ${lines(n, (i) => `a${i}`).replaceAll('\n', ' ; ')}\n`),
  repeated('ARG', (i) => `ARG a${i}=b`),
  repeated('ARG of the one before', (i) => `ARG a${i}=$a${i - 1}b`),
  file('ARG before FROM', (n) => `${lines(n, (i) => `ARG a${i}=b`)}\nFROM debian\n`),
  repeated('ENV', (i) => `ENV a${i}=b`),
  repeated('ENV of the one before', (i) => `ENV a${i}=$a${i - 1}b`),
  repeated('ENV that grows', (i) => `ENV a=\${a}b${i}`),
  repeated('ENV that doubles', () => 'ENV a=$a$a', 'ENV a=ab'),
  repeated('ARG that doubles', () => 'ARG a=$a$a', 'ARG a=ab'),
  repeated('PATH that doubles', () => 'ENV PATH=$PATH:$PATH'),
  file('one ENV of many', (n) => `FROM debian\nENV ${lines(n, (i) => `a${i}=b`).replaceAll('\n', ' ')}\nRUN x\n`),
  repeated('LABEL', (i) => `LABEL a${i}=b`),
  file('one LABEL of many', (n) => `FROM debian\nLABEL ${lines(n, (i) => `a${i}=b`).replaceAll('\n', ' ')}\nRUN x\n`),
  repeated('LABEL of a long value', () => 'LABEL a=$a', `ENV a=${'x'.repeat(30_000)}`),
  repeated('EXPOSE', (i) => `EXPOSE ${1 + (i % 65_000)}`),
  repeated('EXPOSE of a range', () => 'EXPOSE 1-1023'),
  repeated('EXPOSE of a wide range', () => 'EXPOSE 1-65535'),
  file(
    'one EXPOSE of many',
    (n) => `FROM debian\nEXPOSE ${lines(n, (i) => `${1 + (i % 65_000)}`).replaceAll('\n', ' ')}\n`,
  ),
  repeated('VOLUME', (i) => `VOLUME /srv/v${i}`),
  file(
    'one VOLUME of many',
    (n) => `FROM debian\nVOLUME ${lines(n, (i) => `/srv/v${i}`).replaceAll('\n', ' ')}\nCMD ["x"]\n`,
  ),
  file('VOLUME in depth', (n) => `FROM debian\nVOLUME ${'/a'.repeat(n)}\nCMD ["x"]\n`),
  repeated('WORKDIR below the one before', () => 'WORKDIR a'),
  repeated('WORKDIR', (i) => `WORKDIR /a${i}`),
  repeated('USER', (i) => `USER ${1000 + i}`),
  repeated('USER there and back', (i) => (i % 2 === 0 ? 'USER root' : 'USER 1000')),
  repeated('USER and RUN', (i) => `USER ${i % 2 === 0 ? 'root' : '1000'}\nRUN apt-get install -y p${i}`),
  repeated('SHELL', () => 'SHELL ["/bin/bash", "-c"]'),
  repeated('STOPSIGNAL', () => 'STOPSIGNAL SIGTERM'),
  repeated('HEALTHCHECK', (i) => `HEALTHCHECK CMD curl http://localhost:${80 + i}/`),
  repeated('CMD', (i) => `CMD ["x${i}"]`),
  repeated('ENTRYPOINT', (i) => `ENTRYPOINT ["x${i}"]`),
  repeated('MAINTAINER', () => 'MAINTAINER x'),
  repeated('ONBUILD', (i) => `ONBUILD RUN mkdir /a${i}`),
  file(
    'ONBUILD for stages',
    (n) => `FROM debian AS s\n${lines(n, (i) => `ONBUILD RUN mkdir /a${i}`)}\nFROM s\nCMD x\n`,
  ),
  repeated('COPY', (i) => `COPY a${i} /srv/a${i}`),
  repeated('COPY into one folder', (i) => `COPY a${i} /srv/app/`),
  repeated('COPY with an owner', (i) => `COPY --chown=app a${i} /srv/a${i}`),
  repeated('COPY from a stage', (i) => `COPY --from=base /a${i} /b${i}`, '', 'FROM debian AS base\n'),
  file('one COPY of many', (n) => `FROM debian\nCOPY ${lines(n, (i) => `a${i}`).replaceAll('\n', ' ')} /srv/\n`),
  repeated('ADD', (i) => `ADD https://example.org/a${i}.tar.gz /srv/a${i}/`),
  file(
    'flags',
    (n) => `FROM debian\nRUN ${lines(n, (i) => `--mount=type=cache,target=/a${i}`).replaceAll('\n', ' ')} x\n`,
  ),
  file('directives', (n) => `${lines(n, () => '# a=b')}\nFROM debian\n`),
  file('unknown instructions', (n) => `FROM debian\n${lines(n, () => 'NOPE x')}\n`),
  ...nestings.flatMap(([open, close]) => [
    file(`nested ${open.trim()}`, (n) => `FROM debian\nRUN <<E\n${open.repeat(n)}mkdir /x${close.repeat(n)}\nE\n`),
    file(`opened ${open.trim()}`, (n) => `FROM debian\nRUN <<E\n${open.repeat(n)}mkdir /x\nE\n`),
  ]),
  file('nested braces of ENV', (n) => `FROM debian\nENV a=${'${b:-'.repeat(n)}x${'}'.repeat(n)}\n`),
  file('nested [ of CMD', (n) => `FROM debian\nCMD ${'['.repeat(n)}\n`),
]

function file(name: string, text: (n: number) => string): Input {
  return {
    name: `Dockerfile: ${name}`,
    prepare: (n) => {
      const dockerfile = text(n)
      return { bytes: dockerfile.length, work: () => void harden({ dockerfile }) }
    },
    files: (n) => ({ Dockerfile: text(n) }),
  }
}

function repeated(name: string, line: (index: number) => string, first = '', before = ''): Input {
  return file(name, (n) => `${before}FROM debian\n${first}\n${lines(n, line)}\nRUN x\nCMD ["x"]\n`)
}

export function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n')
}
