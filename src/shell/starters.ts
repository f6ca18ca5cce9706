import { table } from '../table.ts'

/** A word of a command: its source text and, where no variable decides it, its value. */
export interface Word {
  readonly text: string
  readonly value: string | null
}

/** A program that starts another one, which the words behind its own name. */
export interface Starter {
  /**
   * `init` is process 1 and waits; `wrapper` changes something for the program, and is gone or waits; `switch` makes it run
   * as another user; `runner` belongs to a language, and looks for the program where that keeps its own.
   */
  readonly kind: 'init' | 'wrapper' | 'switch' | 'runner'
  /** Options whose value may be the next word. */
  readonly valued: readonly string[]
  /** The number of its own words before the command: `timeout 60 server`. */
  readonly operands: number
  /** `NAME=value` may stand before the command. */
  readonly settings?: true
  /** The command follows this word alone: `bundle exec`. */
  readonly verb?: string
  /** Options whose value is the command, as a shell reads it: `su -c 'server -f'`. */
  readonly text?: readonly string[]
  /** An option whose value `SOURCE:DESTINATION` names a file that it fills in and writes. */
  readonly renders?: string
  /** Of a switch: options that name user and group; absent where the first word does (`gosu app`), or it has a grammar of its own. */
  readonly user?: readonly string[]
  readonly group?: readonly string[]
}

function starter(kind: Starter['kind'], valued = '', operands = 0): Starter {
  return { kind, valued: valued === '' ? [] : valued.split(' '), operands }
}

const TINI = starter('init', '-p -e')
const PYTHON = starter('runner', '-W -X -Q')

/** The one list of programs that start others, with their options as their manual pages have them. */
const starters: Readonly<Record<string, Starter>> = table({
  tini: TINI,
  'tini-static': TINI,
  'docker-init': TINI,
  'dumb-init': starter('init', '-r --rewrite'),
  catatonit: starter('init'),
  exec: starter('wrapper', '-a'),
  command: starter('wrapper'),
  env: { ...starter('wrapper', '-u --unset -C --chdir'), settings: true, text: ['-S', '--split-string'] },
  'cross-env': { ...starter('wrapper'), settings: true },
  shx: starter('wrapper'),
  nohup: starter('wrapper'),
  setsid: starter('wrapper'),
  time: starter('wrapper', '-f --format -o --output'),
  nice: starter('wrapper', '-n --adjustment'),
  ionice: starter('wrapper', '-c -n --class --classdata'),
  chrt: starter('wrapper', '-T -P -D --sched-runtime --sched-period --sched-deadline', 1),
  taskset: starter('wrapper', '', 1),
  numactl: starter('wrapper', '-i -p -P -m -w -N -C --interleave --preferred --membind --cpunodebind --physcpubind'),
  prlimit: starter('wrapper'),
  setarch: starter('wrapper', '', 1),
  stdbuf: starter('wrapper', '-i -o -e --input --output --error'),
  unbuffer: starter('wrapper'),
  timeout: starter('wrapper', '-s -k --signal --kill-after', 1),
  strace: starter('wrapper', '-a -b -e -E -I -o -O -p -P -s -S -u -U -X'),
  ltrace: starter('wrapper', '-a -A -D -e -E -F -l -n -o -p -s -u -w -x'),
  catchsegv: starter('wrapper'),
  flock: { ...starter('wrapper', '-w -E --timeout --conflict-exit-code', 1), text: ['-c', '--command'] },
  script: { ...starter('wrapper', '-E -I -O -B -T -m -o', 1), text: ['-c', '--command'] },
  watch: starter('wrapper', '-n --interval -q --equexit'),
  nsenter: starter('wrapper', '-t -S -G --target --setuid --setgid'),
  fakeroot: starter('wrapper', '-l -s -i -b'),
  unshare: starter('wrapper', '-R -w -S -G --root --wd --setuid --setgid'),
  'dbus-run-session': starter('wrapper', '--config-file --dbus-daemon'),
  'with-contenv': starter('wrapper'),
  dockerize: {
    ...starter(
      'wrapper',
      '-template -stdout -stderr -wait -timeout -wait-retry-interval -wait-http-header -delims -env -env-section -validate-cert',
    ),
    renders: '-template',
  },
  'xvfb-run': starter(
    'wrapper',
    '-e -f -n -p -s -w --error-file --auth-file --server-num --xauth-protocol --server-args --wait',
  ),
  gosu: starter('switch', '', 1),
  'su-exec': starter('switch', '', 1),
  setuidgid: starter('switch', '', 1),
  's6-setuidgid': starter('switch', '', 1),
  's6-applyuidgid': { ...starter('switch', '-u -g -G'), user: ['-u'], group: ['-g'] },
  chpst: { ...starter('switch', '-u -U -b -e -/ -n -l -L -m -d -o -p -f -c -t'), user: ['-u'], group: [] },
  setpriv: {
    ...starter(
      'switch',
      '--reuid --ruid --euid --regid --rgid --egid --groups --inh-caps --ambient-caps --bounding-set --securebits --pdeathsig --selinux-label --apparmor-profile',
    ),
    user: ['--reuid', '--ruid', '--euid'],
    group: ['--regid', '--rgid', '--egid'],
  },
  // It takes settings of variables before the command.
  sudo: {
    ...starter('switch', '-u --user -g --group -h -p -C -r -t -T -U -D -R'),
    settings: true,
    user: ['-u', '--user'],
    group: ['-g', '--group'],
  },
  doas: { ...starter('switch', '-u -C -a'), user: ['-u'], group: [] },
  runuser: {
    ...starter('switch', '-u --user -g --group'),
    text: ['-c', '--command'],
    user: ['-u', '--user'],
    group: ['-g', '--group'],
  },
  su: { ...starter('switch', '-s --shell -g --group -G --supp-group -w'), text: ['-c', '--command'] },
  chroot: { ...starter('switch', '--userspec --groups', 1), user: ['--userspec'], group: [] },
  'start-stop-daemon': starter('switch', '-c --chuid -g --group'),
  npx: starter('runner', '-p --package'),
  bunx: starter('runner'),
  uvx: starter('runner', '--from --with -p --python'),
  bundle: { ...starter('runner'), verb: 'exec' },
  poetry: { ...starter('runner'), verb: 'run' },
  pipenv: { ...starter('runner'), verb: 'run' },
  uv: { ...starter('runner', '--with --env-file -p --python'), verb: 'run' },
  python: PYTHON,
  python2: PYTHON,
  python3: PYTHON,
})

/** How the program with this base name starts others; null where it does not. */
export function starterOf(name: string): Starter | null {
  const known = Object.hasOwn(starters, name) ? starters[name] : undefined
  return known ?? (/^python[\d.]+$/.test(name) ? PYTHON : null)
}

export const switchTools: readonly string[] = Object.keys(starters).filter((name) => starters[name]?.kind === 'switch')

/** Its set-user-id bit lets any permitted caller run programs as root, or as anybody. */
export const setuidTools: readonly string[] = ['sudo', 'doas', 'su', 'pkexec', 'newgrp', 'sg']

/** A shell, by name or path. */
export function isShell(name: string): boolean {
  return /^(?:.*\/)?(?:ba|da|a|k|z)?sh$/.test(name)
}

/** An interpreter: its work is in the text that it is given. */
const INTERPRETER =
  /^(python|pypy|perl|ruby|irb|node(js)?|bun|deno|php|lua(jit)?|tclsh|java|jshell|erl|beam(?=\.)|iex|elixir|julia|ghci|R$|dotnet|go$)(?![a-z_])/

/** A base name. */
export function isInterpreter(name: string): boolean {
  return isShell(name) || /^(busy|toy)box$/.test(name) || INTERPRETER.test(name)
}

/** The program only starts another one as another user; `chroot` and `start-stop-daemon` do more. A base name. */
export function isSwitcher(name: string): boolean {
  return starterOf(name)?.kind === 'switch' && name !== 'chroot' && name !== 'start-stop-daemon'
}

export interface Option {
  readonly word: Word
  /** `--name`, `-n`, `--`; null for an operand. */
  readonly name: string | null
  readonly value: Word | null
  /** Index after the option and its value. */
  readonly next: number
}

/** Reads options one by one, and operands between them; `valued` are those whose value may be the next word. */
export function* optionsFrom(words: readonly Word[], from: number, valued: readonly string[]): Iterable<Option> {
  let at = from
  while (at < words.length) {
    const word = words[at] as Word
    const option = optionOf(word)
    const takesNext = option !== null && option.value === null && valued.includes(option.name)
    const next = at + (takesNext ? 2 : 1)
    yield {
      word,
      name: option?.name ?? null,
      value: option?.value ?? (takesNext ? (words[at + 1] ?? null) : null),
      next,
    }
    at = next
  }
}

/** `--name=value`, `--name`, `-n`, and `-uvalue`; null for a word that is no option. */
function optionOf(word: Word): { readonly name: string; readonly value: Word | null } | null {
  const text = word.value ?? word.text
  if (!text.startsWith('-') || text === '-') return null
  const match = /^(--[\w-]+)=(.*)$/s.exec(text) ?? /^(-[ug])(.+)$/s.exec(text)
  if (match?.[1] === undefined) return { name: text, value: null }
  const value = match[2] ?? ''
  return { name: match[1], value: { text: value, value: word.value === null && /[$`]/.test(value) ? null : value } }
}

/** A shell, or a program that starts others. A base name. */
export function isStarter(name: string): boolean {
  const kind = starterOf(name)?.kind
  return isShell(name) || name === 'busybox' || name.startsWith('s6-') || (kind !== undefined && kind !== 'runner')
}
