import { type ReportFinding, type TargetResult, verdictInWords } from './report.ts'

/** One service of a project as a row: what a person looks at first. */
export interface ServiceRow {
  readonly name: string
  /** What it is made from: a Dockerfile, or an image; '' where nothing is known of it. */
  readonly file: string
  readonly verdict: TargetResult['verdict']
  /** The verdict as people read it: `hardened, not proved`. */
  readonly said: string
  /** `root -> 101:101` */
  readonly user: string
  /** `80 -> 8080, 53/udp stays` */
  readonly ports: string
}

export const SERVICE_COLUMNS = ['service', 'verdict', 'user', 'ports'] as const

export function serviceRows({ services = [] }: TargetResult): readonly ServiceRow[] {
  return services.map((service) => ({
    name: service.target,
    file: service.file ?? '',
    verdict: service.verdict,
    said: verdictInWords(service),
    user: userOf(service),
    ports: service.ports.map(portOf).join(', '),
  }))
}

/** Of the stage that is built, the last of those that are meant to run. */
function userOf({ stages }: TargetResult): string {
  const last = stages.at(-1)
  if (last === undefined) return ''
  const { userBefore, userAfter } = last
  return userBefore === userAfter ? userAfter : `${userBefore} -> ${userAfter}`
}

function portOf({ from, to, protocol }: TargetResult['ports'][number]): string {
  const suffix = protocol === 'tcp' ? '' : `/${protocol}`
  return to === null ? `${from}${suffix} stays` : `${from} -> ${to}${suffix}`
}

/** Those of a target, then those of its services. */
export function allFindings({ findings, services = [] }: TargetResult): readonly ReportFinding[] {
  return services.length === 0 ? findings : [...findings, ...services.flatMap(allFindings)]
}

/** Where a finding is, for people: `12:1`, of another file than the target `compose.yaml:12:1`. */
export function placeOf({ file, line, column }: ReportFinding): string {
  return `${file === undefined ? '' : `${file}:`}${line}:${column}`
}

/** Files of a project that change. */
export function changedFiles({ files = [] }: TargetResult): readonly string[] {
  return files.filter(({ changed }) => changed).map(({ path }) => path)
}
