import { table } from '../../table.ts'
import { nameOf } from '../path.ts'

/** A word of a command: its source text and, where no variable decides it, its value. */
export interface CommandWord {
  readonly text: string
  readonly value: string | null
}

/** Programs that only start another one: options of theirs that take a word, and how many words come before the command. */
const wrappers: Readonly<Record<string, { readonly valued: readonly string[]; readonly operands: number }>> = table({
  tini: { valued: ['-p', '-e'], operands: 0 },
  'tini-static': { valued: ['-p', '-e'], operands: 0 },
  'docker-init': { valued: ['-p', '-e'], operands: 0 },
  'dumb-init': { valued: ['-r', '--rewrite'], operands: 0 },
  catatonit: { valued: [], operands: 0 },
  exec: { valued: ['-a'], operands: 0 },
  command: { valued: [], operands: 0 },
  env: { valued: ['-u', '--unset', '-C', '--chdir'], operands: 0 },
  nohup: { valued: [], operands: 0 },
  setsid: { valued: [], operands: 0 },
  nice: { valued: ['-n', '--adjustment'], operands: 0 },
  ionice: { valued: ['-c', '-n', '--class', '--classdata'], operands: 0 },
  stdbuf: { valued: ['-i', '-o', '-e'], operands: 0 },
  timeout: { valued: ['-s', '-k', '--signal', '--kill-after'], operands: 1 },
  time: { valued: [], operands: 0 },
  dockerize: {
    valued:
      '-template -stdout -stderr -wait -timeout -wait-retry-interval -wait-http-header -delims -env -env-section -validate-cert'.split(
        ' ',
      ),
    operands: 0,
  },
  'xvfb-run': {
    valued: '-e -f -n -p -s -w --error-file --auth-file --server-num --xauth-protocol --server-args --wait'.split(' '),
    operands: 0,
  },
})

/** The program that a word names, `$(which squid)` too; null where something else decides it. */
export function programName({ text, value }: CommandWord): string | null {
  return value ?? /^"?(?:\$\(|`)\s*(?:which|command -v)\s+([\w.+-]+)\s*[)`]"?$/.exec(text)?.[1] ?? null
}

/** Index of the word that names the program which is really run, behind `exec`, `tini --`, `env A=b`, `set --` … */
export function programIndex(words: readonly CommandWord[], from = 0): number {
  let at = from
  for (;;) {
    const word = words[at]?.value
    if (word == null) return at
    // `set -- gosu app "$@"` prepares what a later `exec "$@"` runs.
    if (word === 'set' && words[at + 1]?.value === '--') {
      at += 2
      continue
    }
    const wrapper = Object.hasOwn(wrappers, nameOf(word)) ? wrappers[nameOf(word)] : undefined
    if (wrapper === undefined) return at
    at = skipOptions(words, at + 1, wrapper.valued) + wrapper.operands
    while (nameOf(word) === 'env' && /^\w+=/.test(words[at]?.text ?? '')) at += 1
  }
}

/** Index of the first word that is no option; `--` ends them. */
function skipOptions(words: readonly CommandWord[], from: number, valued: readonly string[]): number {
  let at = from
  while (at < words.length) {
    const option = words[at]?.value
    if (option == null || !option.startsWith('-') || option === '-') return at
    at += 1
    if (option === '--') return at
    if (valued.includes(option)) at += 1
  }
  return at
}
