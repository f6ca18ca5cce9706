import { isInterpreter, programsOf } from '../command/index.ts'
import type { ImageConfig, ImageFacts } from '../image/facts.ts'
import type { Launch } from '../image/step-down.ts'
import { baseName } from '../places.ts'
import type { Remark } from '../plan/plan.ts'
import { table } from '../table.ts'
import type { InstalledPackage } from './installed.ts'

/** What they write is told by the application, the command line or the configuration, which are read; or it is nothing. */
export const TOOLS =
  /^(npm|npx|yarn|pnpm|composer|bundle|rake|rails|gunicorn\d?|uvicorn|uwsgi|celery|starman|plackup|starlet|puma|unicorn|rackup|thin|twistd?\d?|waitress(-serve)?|hypercorn|daphne|flask|django-admin|streamlit|tini|dumb-init|gosu|su-exec|socat|nc(at|\.\w+)?|netcat|busybox|darkhttpd|webfsd|stunnel4?|curl|wget|git|hg|ffmpeg|rclone|rsync|iperf3?|tcpdump|openssl|make|cmake|gdbserver|xvfb-run|Xvfb|chromium|firefox|.*-exporter)$/

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
    return [unknownWrites(`${program} of package ${found.name}`, [found])]
  })
}

export function unknownWrites(what: string, packages: readonly InstalledPackage[]): Remark {
  return {
    outcome: 'todo',
    transform: 'own-writable-paths',
    message: `what ${what} writes, and which of its files are closed to others, is not known before the build`,
    hint: 'run with --prove to see it, or name what it writes with --writable',
    about: 'RUN',
    evidence: packages.map(({ name, line }) => ({
      source: 'packages',
      subject: name,
      detail: `package ${name} (line ${line})`,
    })),
  }
}

/**
 * A server of which a rule tells what its own package has, and that comes from elsewhere: with an image that nobody has
 * looked into, with a package of another name (nginx-rtmp), or is built in here. Where it keeps what it writes is then not
 * known. `prepared`: folders are handed over in here, by whoever built it.
 */
export function unseenServers(
  installed: readonly InstalledPackage[],
  programs: readonly string[],
  known: readonly string[],
  writes: (program: string) => boolean,
  { reference, os, prepared }: Pick<ImageFacts, 'reference' | 'os'> & { readonly prepared: boolean },
): readonly Remark[] {
  return [...new Set(programs)].flatMap((program): readonly Remark[] => {
    if (known.includes(program) || !writes(program)) return []
    const found = installed.find(({ name, line }) => line !== null && name.startsWith(`${program}-`))
    const isInstalled = installed.some(({ name }) => isNamedAlike(name, program))
    if (found === undefined && os.known && (prepared || isInstalled)) return []
    const { from, detail } = originOf(program, found, { reference, os })
    const subject = found?.name ?? reference
    return [
      {
        outcome: 'todo',
        transform: 'own-writable-paths',
        message: `what ${program}${from} writes, and where, is not known before the build`,
        hint: 'run with --prove to see it, or name what it writes with --writable',
        about: found === undefined ? 'FROM' : 'RUN',
        evidence: [{ source: 'packages', subject, detail }],
      },
    ]
  })
}

/** Where a server is from, as a report says it; `found`: a package of another name. */
function originOf(
  program: string,
  found: InstalledPackage | undefined,
  { reference, os }: Pick<ImageFacts, 'reference' | 'os'>,
): { readonly from: string; readonly detail: string } {
  if (found !== undefined)
    return { from: ` of package ${found.name}`, detail: `package ${found.name} (line ${found.line})` }
  if (os.known) return { from: '', detail: `no package that is installed here brings ${program}` }
  return { from: ` of ${reference}`, detail: 'it was not looked into' }
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

/** Servers whose package has another name. */
const PACKAGE_OF: Readonly<Record<string, RegExp>> = table({
  radiusd: /^freeradius/,
  turnserver: /^coturn$/,
  snmpd: /^(net-)?snmpd?$/,
  slapd: /^openldap(-servers)?$/,
  influxd: /^influxdb2?$/,
})

export function isNamedAlike(name: string, program: string): boolean {
  const plain = program.replaceAll('_', '-')
  const stems = [name, name.replace(/-(server|daemon|hpa|bin)$|(?<!\d)\d+$/, '')]
  if (PACKAGE_OF[program]?.test(name) === true) return true
  return stems.some(
    (each) =>
      each === plain ||
      `${each}d` === plain ||
      each === plain.replace(/(?:-|(?<![-\d]))\d+$/, '') ||
      each === plain.replace(/-(server|daemon|send)$/, ''),
  )
}
