import { lines } from './dockerfiles.ts'
import type { Input } from './input.ts'
import { nestings } from './nestings.ts'
import { plan } from './repositories.ts'
import { entriesOf } from './sources.ts'

/** What a shell reads, in a script that the image starts, and in a RUN. */
const SHAPES: readonly (readonly [name: string, text: (n: number) => string])[] = [
  ['heredocs', (n) => lines(n, (i) => `cat <<E${i} > /srv/f${i}\ntext\nE${i}`)],
  ['heredocs of one name', (n) => lines(n, (i) => `cat > /srv/f${i} <<EOF\ntext\nEOF`)],
  ['heredocs with a script', (n) => lines(n, (i) => `cat > /srv/f${i}.sh <<'EOF'\n#!/bin/sh\nmkdir /srv/x\nEOF`)],
  ['heredocs of a shell', (n) => lines(n, () => `sh <<'EOF'\nmkdir /srv/x\nEOF`)],
  [
    'heredocs of one line',
    (n) => `cat ${lines(n, (i) => `<<E${i}`).replaceAll('\n', ' ')}\n${lines(n, (i) => `E${i}`)}`,
  ],
  ['heredocs that never end', (n) => lines(n, (i) => `cat <<E${i}`)],
  ['heredocs in one another', (n) => `${lines(n, (i) => `sh <<E${i}`)}\nx\n${lines(n, (i) => `E${n - 1 - i}`)}`],
  ['a heredoc of variables', (n) => `cat <<EOF > /srv/f\n${lines(n, (i) => `$A${i} \${B:-c}`)}\nEOF`],
  ['a heredoc of programs', (n) => `cat <<EOF > /srv/f\n${lines(n, () => '$(mkdir /srv/x)')}\nEOF`],
  ['a long heredoc', (n) => `cat <<EOF > /srv/f\n${lines(n, () => 'x')}\nEOF`],
  ['commands', (n) => lines(n, (i) => `echo ${i}`)],
  ['folders', (n) => lines(n, (i) => `mkdir -p /srv/d${i}`)],
  ['files', (n) => lines(n, (i) => `echo x > /srv/f${i}`)],
  ['appended files', (n) => lines(n, () => 'echo x >> "$LOG"')],
  ['changes of owner', (n) => lines(n, (i) => `chown -R app:app /srv/d${i}`)],
  ['users', (n) => lines(n, (i) => `useradd -u ${1000 + i} u${i}; exec gosu u${i} x`)],
  ['variables', (n) => lines(n, (i) => `a${i}="$a${i - 1}b"\nmkdir "$a${i}"`)],
  ['defaults', (n) => lines(n, (i) => `: "\${A${i}:=/srv/d${i}}"\nmkdir -p "$A${i}"`)],
  ['sed lines', (n) => lines(n, (i) => `sed -i "s/a${i}/b/" /etc/nginx/nginx.conf`)],
  ['functions', (n) => `${lines(n, (i) => `f${i}() { f${i + 1}; mkdir /srv/d${i}; }`)}\nf0`],
  ['arms of a case', (n) => `case "$1" in\n${lines(n, (i) => `a${i}) mkdir /srv/d${i};;`)}\nesac`],
  ['questions', (n) => lines(n, (i) => `if [ "$(id -u)" = 0 ]; then chown app /srv/d${i}; fi`)],
  ['loops', (n) => lines(n, (i) => `for d in a b$i; do mkdir -p /srv/$d${i}; done`)],
  ['loops of many', (n) => `for d in ${'/srv/a '.repeat(n)}; do mkdir -p $d; done`],
  ['sourced scripts', (n) => lines(n, (i) => `. /srv/s${i}.sh`)],
  ['itself', (n) => lines(n, () => 'sh /srv/start.sh')],
  ['a word of quotes', (n) => `echo ${`'a'"b"`.repeat(n)}`],
  ['quotes that never end', (n) => lines(n, () => `echo "a`)],
  ['single quotes that never end', (n) => lines(n, () => "echo 'a")],
  ['comments', (n) => lines(n, () => '# mkdir /srv/x')],
  ['continued lines', (n) => `echo ${'a \\\n'.repeat(n)}b`],
  ['a pipe', (n) => `${'cat | '.repeat(n)}cat`],
  ['a program in a word', (n) => `python3 -c '${'import os; os.makedirs("/srv/x"); '.repeat(n)}'`],
  ['a long word', (n) => `mkdir ${'a'.repeat(n)}`],
  ['a long path', (n) => `mkdir ${'/a'.repeat(n)}`],
  ['braces', (n) => `mkdir -p /srv/{${'a,'.repeat(n)}b}`],
  ['braces side by side', (n) => `mkdir -p /srv/${'{a,b}'.repeat(n)}`],
  ['braces in one another', (n) => `mkdir -p ${'{a,'.repeat(n)}b${'}'.repeat(n)}`],
  ['stars', (n) => `rm -rf /srv/${'*a'.repeat(n)}`],
  ['exports', (n) => `export ${'A=b '.repeat(n)}`],
  ['blanks', (n) => `echo${' '.repeat(n)}x`],
  ['redirections', (n) => `x ${'> /srv/f '.repeat(n)}`],
  ['here strings', (n) => lines(n, () => 'x <<< "$a"')],
  ['arrays', (n) => `a=(${'b '.repeat(n)})\nmkdir "\${a[@]}"`],
  ...nestings.flatMap(([open, close]): readonly (readonly [string, (n: number) => string])[] => [
    [`nested ${open.trim()}`, (n) => `${open.repeat(n)}mkdir /x${close.repeat(n)}`],
    [`opened ${open.trim()}`, (n) => `${open.repeat(n)}mkdir /x`],
    [`lines of ${open.trim()}`, (n) => lines(n, () => `${open}mkdir /x${close}`)],
  ]),
]

/** The largest script that is read: src/repository/context.ts. */
const LARGEST = 512 * 1024

export const scripts: readonly Input[] = SHAPES.flatMap(([shape, make]): readonly Input[] => [
  made(`start script: ${shape}`, LARGEST, (n) => ({
    Dockerfile: 'FROM debian\nCOPY . /srv/\nCMD ["/srv/start.sh"]\n',
    'start.sh': `#!/bin/sh\n${make(n)}\n`,
  })),
  made(`script of a RUN: ${shape}`, LARGEST, (n) => ({
    Dockerfile: 'FROM debian\nCOPY . /srv/\nRUN sh /srv/start.sh\nCMD ["/srv/app"]\n',
    'start.sh': `#!/bin/sh\n${make(n)}\n`,
  })),
  made(`heredoc of a RUN: ${shape}`, 1024 * 1024, (n) => ({
    Dockerfile: `FROM debian\nRUN <<THE_END\n${make(n)}\nTHE_END\nCMD ["/srv/app"]\n`,
  })),
])

function made(name: string, most: number, files: (n: number) => Readonly<Record<string, string>>): Input {
  return {
    name,
    most,
    files,
    prepare: (n) => {
      const { Dockerfile = '', ...others } = files(n)
      const texts = Object.values(others)
      const bytes = (texts[0] ?? Dockerfile).length
      return { bytes, work: () => plan(Dockerfile, entriesOf(others)) }
    },
  }
}
