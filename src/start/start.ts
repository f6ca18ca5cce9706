import { bounds } from '../bounds.ts'
import type { ImageConfig } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import { joinPath, nameOf, normalisePath } from '../path.ts'
import { asWords, isShell, programIndex, readSwitch, type SwitchCommand, shellArguments } from '../shell/index.ts'

/** A switch in ENTRYPOINT or CMD itself. */
interface ArgvSwitch {
  readonly of: 'entrypoint' | 'cmd'
  readonly found: SwitchCommand
  readonly argv: readonly string[]
}

/** Shell text that runs when the container starts. */
export interface StartScript {
  /** The file, by its real path; null for the text of `sh -c`. */
  readonly path: string | null
  readonly text: string
  /** `sh -e`. Absent: no. */
  readonly exitsOnError?: boolean
}

export interface StartCommands {
  readonly switches: readonly ArgvSwitch[]
  readonly scripts: readonly StartScript[]
  /** Names of the programs that ENTRYPOINT and CMD name. */
  readonly programs: readonly string[]
}

/** Reads ENTRYPOINT and CMD: what they switch to, and which scripts they run. CMD counts by itself too: most scripts end in `exec "$@"`. */
export function readStart(config: ImageConfig, files: FileModel | null): StartCommands {
  const switches: ArgvSwitch[] = []
  const scripts: StartScript[] = []
  const programs: string[] = []
  const shell = waitingShell(config)
  for (const which of ['entrypoint', 'cmd'] as const) {
    const argv = config[which] ?? []
    if (which === 'cmd' && shell !== null && argv.length > 0) {
      scripts.push(...scriptOf([...shell, ...argv], config, files))
      continue
    }
    const words = asWords(argv)
    let at = 0
    for (;;) {
      const found = readSwitch(words.slice(at))
      // One more than are changed is one that is said.
      if (found === null || switches.length > bounds.changedCommands) break
      // `su` hands the rest to a shell of its own; what that runs is read as a script.
      switches.push({ of: which, argv, found: { ...found, from: found.from + at, to: found.to + at } })
      const inner = found.to + at >= words.length ? found.instead : null
      if (inner !== null)
        scripts.push(
          ...scriptOf(
            inner.map((word) => word.value ?? ''),
            config,
            files,
          ),
        )
      at += found.to
    }
    const program = argv.slice(programIndex(words, at))
    if (program[0] !== undefined) programs.push(nameOf(program[0]))
    scripts.push(...scriptOf(program, config, files))
  }
  return { switches, scripts, programs }
}

/** The shell of `ENTRYPOINT ["/bin/sh"]` or `["bash", "-ec"]`, which CMD tells what to run; null where the ENTRYPOINT is another, or says it itself. */
function waitingShell({ entrypoint }: ImageConfig): readonly string[] | null {
  const words = entrypoint ?? []
  const [program = '', ...rest] = words.slice(programIndex(asWords(words), 0))
  if (!isShell(program)) return null
  const { text, script } = shellArguments(asWords(rest))
  return text === null && script === null ? [program, ...rest] : null
}

/** The scripts that a command runs: itself, what a shell is given, and what a supervisor starts. */
export function scriptOf(
  words: readonly string[],
  config: ImageConfig,
  files: FileModel | null,
): readonly StartScript[] {
  // `busybox sh /start.sh` is `sh /start.sh`.
  const first = words.findIndex((word) => nameOf(word) !== 'busybox')
  const argv = first < 0 ? [] : words.slice(first)
  const [program, ...rest] = argv
  if (program === undefined) return []
  const services = serviceScripts(argv, files)
  if (services.length > 0) return services
  if (!isShell(program)) return fileScript(program, config, files)
  const { text, script, exitsOnError } = shellArguments(asWords(rest))
  if (text !== null) return [{ path: null, text: text.value ?? '', ...(exitsOnError ? { exitsOnError } : {}) }]
  return script?.value == null
    ? []
    : fileScript(script.value.includes('/') ? script.value : `./${script.value}`, config, files)
}

function fileScript(program: string, config: ImageConfig, files: FileModel | null): readonly StartScript[] {
  // Where no text is known there is nothing to look for.
  if (files === null || files.texts().length === 0) return []
  const path = findProgram(program, config, files)
  const text = path === null ? null : files.text(path)
  return path === null || text === null ? [] : [{ path, text }]
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The file that a command name stands for, by its real path: through PATH, or from WORKDIR where it has a slash. */
export function findProgram(program: string, config: ImageConfig, files: FileModel): string | null {
  // `PATH=$PATH:/opt/bin` tells the rest only where the base is known.
  const folders = program.includes('/')
    ? null
    : `${config.env.get('PATH') ?? ''}:${defaultPath}`.split(':').filter(Boolean)
  const candidates =
    folders === null
      ? [normalisePath(program, config.workdir)]
      : folders.map((folder) => joinPath(normalisePath(folder, config.workdir), program))
  for (const candidate of candidates) {
    const real = files.resolve(candidate)
    if (real !== null && files.entry(real)?.type === 'file') return real
  }
  return null
}

/** Supervisors that start `run` in each folder below the one they are given, and `log/run` of one that is logged. */
const SUPERVISORS = new Set(['s6-svscan', 'runsvdir'])

/** What such a supervisor starts; a file `down` keeps a service from it. */
export function serviceScripts(argv: readonly string[], files: FileModel | null): readonly StartScript[] {
  const [program = '', ...rest] = argv
  if (files === null || !SUPERVISORS.has(nameOf(program))) return []
  const named = rest.find((word) => word.startsWith('/'))
  if (named === undefined) return []
  const folder = normalisePath(named)
  return files.list(folder).flatMap((name) => {
    const service = joinPath(folder, name)
    if (files.entry(joinPath(service, 'down')) !== null) return []
    return ['run', 'log/run'].flatMap((script) => {
      const path = joinPath(service, script)
      const text = files.text(path)
      return text === null ? [] : [{ path, text }]
    })
  })
}
