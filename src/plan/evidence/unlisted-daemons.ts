import type { ImageConfig, ImageFacts } from '../../image/facts.ts'
import type { Launch } from '../../image/step-down.ts'
import { baseName } from '../places.ts'
import type { Remark } from '../plan.ts'
import { isInterpreter, programsOf } from '../program.ts'
import type { InstalledPackage } from './installed.ts'

/** What they write is told by the application, the command line or the configuration, which are read; or it is nothing. */
const TOOLS =
  /^(npm|npx|yarn|pnpm|composer|bundle|rake|rails|gunicorn\d?|uvicorn|uwsgi|celery|starman|plackup|starlet|puma|unicorn|rackup|thin|twistd?\d?|waitress(-serve)?|hypercorn|daphne|flask|django-admin|streamlit|tini|dumb-init|gosu|su-exec|socat|nc(at|\.\w+)?|netcat|busybox|darkhttpd|webfsd|stunnel4?|curl|wget|git|ffmpeg|rclone|rsync|iperf3?|tcpdump|openssl|make|cmake|gdbserver|xvfb-run|Xvfb|chromium|firefox|.*-exporter)$/

/**
 * A server that a distribution's package brings, of which no rule tells what it writes and which of its files the package
 * closes to all but an account of its own. Only those whose port is said are meant: the rest are jobs and tools.
 */
export function unlistedDaemons(
  installed: readonly InstalledPackage[],
  programs: readonly string[],
  known: readonly string[],
): readonly Remark[] {
  return [...new Set(programs)].flatMap((program): readonly Remark[] => {
    if (known.includes(program) || isInterpreter(program) || TOOLS.test(program)) return []
    const found = installed.find(({ name, line }) => line !== null && isNamedAlike(name, program.replace(/^in\./, '')))
    if (found === undefined) return []
    return [
      {
        outcome: 'todo',
        transform: 'own-writable-paths',
        message: `what ${program} of package ${found.name} writes, and which of its files are closed to others, is not known before the build`,
        hint: 'run with --prove to see it, or name what it writes with --writable',
        about: 'RUN',
        evidence: [{ source: 'packages', subject: found.name, detail: `package ${found.name} (line ${found.line})` }],
      },
    ]
  })
}

/**
 * A server of which a rule tells what its own package has, and that comes from elsewhere: with an image that nobody has
 * looked into, or with a package of another name (nginx-rtmp). Where it keeps what it writes is then not known.
 */
export function unseenServers(
  installed: readonly InstalledPackage[],
  programs: readonly string[],
  known: readonly string[],
  writes: (program: string) => boolean,
  { reference, os }: Pick<ImageFacts, 'reference' | 'os'>,
): readonly Remark[] {
  return [...new Set(programs)].flatMap((program): readonly Remark[] => {
    if (known.includes(program) || !writes(program)) return []
    const found = installed.find(({ name, line }) => line !== null && name.startsWith(`${program}-`))
    if (found === undefined && os.known) return []
    const from = found === undefined ? reference : `package ${found.name}`
    const subject = found?.name ?? reference
    const detail = found === undefined ? 'it was not looked into' : `package ${found.name} (line ${found.line})`
    return [
      {
        outcome: 'todo',
        transform: 'own-writable-paths',
        message: `what ${program} of ${from} writes, and where, is not known before the build`,
        hint: 'run with --prove to see it, or name what it writes with --writable',
        about: found === undefined ? 'FROM' : 'RUN',
        evidence: [{ source: 'packages', subject, detail }],
      },
    ]
  })
}

/** Programs that are started for their own sake: not only for what they make of a file or a pipe. */
export function standingPrograms(
  programs: readonly string[],
  launches: readonly Launch[],
  config: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
): readonly string[] {
  const said = programsOf(config)
  return programs.filter((program) => {
    const own = launches.filter(({ words: [word = ''] }) => baseName(word) === program)
    return own.length === 0 || said.includes(program) || own.some(({ filter }) => filter !== true)
  })
}

function isNamedAlike(name: string, program: string): boolean {
  const stem = name.replace(/-(server|daemon|hpa|bin)$|\d+$/, '')
  return [name, stem].some(
    (each) => each === program || `${each}d` === program || each === program.replace(/-?\d+$/, ''),
  )
}
