import type { ImageConfig } from '../image/facts.ts'
import { onceFor } from '../once-for.ts'
import { baseName } from './places.ts'

/** They become another user for the program that they start, and some wait for its end. */
const SWITCHERS = ['gosu', 'su-exec', 'setpriv', 'chpst', 'sudo', 'runuser', 'su']
const WRAPPERS = new Set([
  ...SWITCHERS,
  'tini',
  'dumb-init',
  'catatonit',
  'docker-init',
  'env',
  'exec',
  'nice',
  'nohup',
  'time',
  'chroot',
  'stdbuf',
  'timeout',
  'ionice',
])
const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'busybox'])

/** What such a program does is in the text that it is given. */
const INTERPRETER =
  /^(python|pypy|perl|ruby|irb|node(js)?|bun|deno|php|lua(jit)?|java|jshell|erl|iex|elixir|julia|ghci|R$|dotnet|go$)(?![a-z_])/

export function isInterpreter(program: string): boolean {
  return SHELLS.has(program) || INTERPRETER.test(program)
}

export function isSwitcher(program: string): boolean {
  return SWITCHERS.includes(program)
}

/** What is started: ENTRYPOINT followed by CMD, as the engine joins them. */
export function argvOf(config: Partial<Pick<ImageConfig, 'entrypoint' | 'cmd'>>): readonly string[] {
  return [...(config.entrypoint ?? []), ...(config.cmd ?? [])]
}

/**
 * Base names of the programs that an image starts, in the order of the command: wrappers and shells are skipped over,
 * `sh -c` is looked into. Only names that stand where a command stands; arguments are no programs.
 */
export const programsOf = onceFor(({ entrypoint, cmd }: Pick<ImageConfig, 'entrypoint' | 'cmd'>): readonly string[] => {
  return [...new Set([...programsIn(entrypoint ?? []), ...programsIn(cmd ?? [])])]
})

/** The same of one command. */
export function programsIn(argv: readonly string[]): readonly string[] {
  const names: string[] = []
  const lastEnd = argv.lastIndexOf('--')
  for (let at = 0; at < argv.length; ) {
    const name = baseName(argv[at] ?? '')
    if (SHELLS.has(name)) return [...names, ...shellPrograms(argv.slice(at + 1))]
    names.push(name)
    if (!WRAPPERS.has(name)) break
    const end = at < lastEnd ? argv.indexOf('--', at + 1) : -1
    let next = end + 1
    if (end < 0) {
      next = at + 1
      while (next < argv.length && isOption(argv[next] ?? '')) next += 1
      // gosu, su-exec and their like name the user first.
      if (/^(gosu|su-exec|chpst|su|runuser)$/.test(name)) next += 1
    }
    at = next
  }
  return names
}

function isOption(word: string): boolean {
  return word.startsWith('-') || word.includes('=')
}

function shellPrograms(args: readonly string[]): readonly string[] {
  const at = args.findIndex((word) => /^-[a-z]*c$/.test(word))
  if (at < 0) return args[0] === undefined ? [] : [baseName(args[0])]
  const text = args[at + 1] ?? ''
  return text
    .split(/&&|\|\||[;\n|&]/)
    .map((command) =>
      command
        .trim()
        .split(/\s+/)
        .filter((word) => !/^\w+=/.test(word)),
    )
    .flatMap((words) => programsIn(words))
}
