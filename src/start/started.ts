import { lineOf } from '../edit.ts'
import type { FileModel } from '../image/file-model.ts'
import { nameOf, normalisePath } from '../path.ts'
import { actionsBy, foldersIn, programName, type ShellCommand, staticValue } from '../shell/index.ts'
import { table } from '../table.ts'
import { daemonFiles } from './daemons.ts'
import type { Functions } from './first-start.ts'
import type { ReadScript } from './scripts.ts'

/** A program that a start script or supervisord starts. */
export interface Launch {
  /** The file that says so; null for the text of `sh -c`. */
  readonly path: string | null
  /** 1-based. */
  readonly line: number
  /** The program first; '' for a word that a variable decides. */
  readonly words: readonly string[]
  /** Absolute, where it is started; absent where that is not known. */
  readonly folder?: string
  /** It stands in a branch or a function, or behind such a call: a start need not come to it. */
  readonly conditional: boolean
  /** It works on what it is given, or its output is what is wanted: `$(jq …)`, `zstd -dc "$f" | load`. */
  readonly filter?: true
  /** Only root comes to it. */
  readonly guarded?: true
  /** By its init script, whose words nobody has read. */
  readonly byInit?: true
  /** By `exec`: nothing follows it. */
  readonly isLast?: true
}

/** All that start scripts start, whoever it runs as; `certain`: what every start comes to, `sourced`: functions of other scripts. */
export function launchesIn(
  script: ReadScript,
  certain: ReadonlySet<ShellCommand>,
  sourced: Functions,
): readonly Launch[] {
  const functions = new Set(script.commands.map(({ command }) => command.functionName))
  return script.commands.flatMap(({ command, guarded }, index) => {
    const { span, conditional } = command
    const [starts] = actionsBy(command, 'starts')
    const reader = script.commands[index + 1]?.command
    const isRead = reader?.connector === '|' && !LOGGER.test(nameOf(reader.name ?? ''))
    const isFilter = command.within === 'substitution' || command.connector === '|' || isRead
    const all = (starts?.words ?? []).map(
      (word, place) => (place === 0 ? programName(word) : word.value) ?? staticValue(word.text, script.variables) ?? '',
    )
    const folder = foldersIn(script).get(command) ?? null
    const service = serviceOf(all)
    const started = service ?? all
    const [program = ''] = started
    if (program === '' || functions.has(program) || sourced.has(program) || command.within === 'trap') return []
    return [
      {
        path: script.path,
        line: lineOf(script.text, span.start),
        words: started,
        ...(folder === null ? {} : { folder }),
        conditional: (conditional || script.conditional) && !certain.has(command),
        ...(isFilter ? { filter: true as const } : {}),
        ...(guarded ? { guarded } : {}),
        ...(service === null ? {} : { byInit: true }),
        ...(command.words[0]?.value === 'exec' ? { isLast: true as const } : {}),
      },
    ]
  })
}

/** A server's output may go there. */
const LOGGER = /^(tee|cat|logger|sed|grep|awk|ts|multilog|svlogd|cronolog|rotatelogs|while|)$/

/** Names of init scripts that are not those of their daemons. */
const DAEMON_OF: Readonly<Record<string, string>> = table({ ssh: 'sshd' })

/** `service cron start`, `/etc/init.d/cron start`. */
function serviceOf([program = '', ...rest]: readonly string[]): readonly string[] | null {
  const isInit = program.startsWith('/etc/init.d/')
  const [name = '', verb] = isInit ? [nameOf(program), ...rest] : rest
  if (!isInit && !/^(rc-)?service$/.test(nameOf(program))) return null
  return verb === 'start' || verb === 'restart' ? [DAEMON_OF[name] ?? name] : []
}

/** The `[program:x]` sections of supervisord; that such a file is there is enough, since nothing else brings one. */
export function supervised(files: FileModel | null): readonly Launch[] {
  return supervisorFiles(files).flatMap(({ path, text }) => sections(path, text))
}

/** Files that configure supervisord. */
export function supervisorFiles(files: FileModel | null): readonly { readonly path: string; readonly text: string }[] {
  if (files === null) return []
  const known = new Set(
    daemonFiles(files).flatMap(({ path, daemons }) => (daemons.some(({ name }) => name === 'supervisord') ? path : [])),
  )
  return files
    .texts()
    .filter((path) => path.includes('supervisor') || known.has(path))
    .map((path) => ({ path, text: files.text(path) ?? '' }))
}

/** What comes before the command, and the command. */
export const SUPERVISED = /^([ \t]*command[ \t]*=[ \t]*(?:exec[ \t]+)?)(.*)$/gm

function sections(path: string, text: string): readonly Launch[] {
  const starts = [...text.matchAll(/^[ \t]*\[/gm)].map(({ index }) => index)
  return [...text.matchAll(SUPERVISED)].map((match) => {
    const start = starts.findLast((at) => at < match.index) ?? 0
    const section = text.slice(start, starts.find((at) => at > match.index) ?? text.length)
    const folder = /^[ \t]*directory[ \t]*=[ \t]*(\/[^\s%]*)[ \t]*$/m.exec(section)?.[1]
    return {
      path,
      line: lineOf(text, match.index),
      words: (match[2] ?? '').trim().split(/\s+/),
      ...(folder === undefined ? {} : { folder: normalisePath(folder) }),
      conditional: /^[ \t]*autostart[ \t]*=[ \t]*(false|no|0)\b/im.test(section),
    }
  })
}

/** A command of a start script, from the name of its program on: wrappers, and what switches user, are left out. */
export interface WrittenCommand {
  readonly path: string
  /** Base name. */
  readonly program: string
  /** The program as it is written there, and the word behind it; '' where there is none. */
  readonly word: string
  readonly next: string
  /** All of it, to its last word. */
  readonly text: string
  /** What one of its words is by a variable is not known. */
  readonly words: readonly (string | null)[]
}

export function writtenCommands(scripts: readonly ReadScript[]): readonly WrittenCommand[] {
  return scripts.flatMap(({ path, text, commands }) =>
    commands.flatMap(({ command }) => {
      const { words, within } = command
      const [starts] = within === 'trap' ? [] : actionsBy(command, 'starts')
      if (starts === undefined) return []
      const { at } = starts
      const [word, last] = [words[at], words.at(-1)]
      if (path === null || word?.value == null || last === undefined) return []
      return [
        {
          path,
          program: nameOf(word.value),
          word: word.text,
          next: words[at + 1]?.text ?? '',
          text: text.slice(word.span.start, last.span.end),
          words: words.slice(at).map(({ value }) => value),
        },
      ]
    }),
  )
}
