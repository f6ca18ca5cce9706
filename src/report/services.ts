import type { ReportFinding, TargetResult } from './report.ts'

/** One service of a project as a row: what a person looks at first. */
export interface ServiceRow {
  readonly name: string
  /** What it is made from: a Dockerfile, or an image; '' where nothing is known of it. */
  readonly file: string
  readonly verdict: TargetResult['verdict']
  /** `root -> 101:101` */
  readonly user: string
  /** `80 -> 8080, 53/udp stays` */
  readonly ports: string
}

export const SERVICE_COLUMNS = ['service', 'verdict', 'user', 'ports'] as const

export function serviceRows({ services = [] }: TargetResult): readonly ServiceRow[] {
  return services.map(rowOf)
}

/** The same of a target by itself. */
export function rowOf(result: TargetResult): ServiceRow {
  return {
    name: result.target,
    file: result.file ?? '',
    verdict: result.verdict,
    user: userOf(result),
    ports: result.ports.map(portOf).join(', '),
  }
}

/** The user of the stage that is built, the last of those that are meant to run. */
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

/**
 * The services of a project with what is said of each. What is said of several in the same words about the same file, as of those that
 * run one image, comes once, before the rest, under all their names: `api, worker`.
 */
export function servicesTold({ services = [] }: TargetResult): readonly TargetResult[] {
  const keyOf = (finding: ReportFinding, { file }: TargetResult): string => JSON.stringify([file, finding])
  const named = new Map<string, Set<string>>()
  for (const service of services)
    for (const finding of service.findings) {
      const key = keyOf(finding, service)
      named.set(key, (named.get(key) ?? new Set()).add(service.target))
    }
  const told = new Set<string>()
  return services.flatMap((service): readonly TargetResult[] => {
    const { error: _, ...about } = service
    const shared = new Map<string, ReportFinding[]>()
    for (const finding of service.findings) {
      const key = keyOf(finding, service)
      const names = [...(named.get(key) ?? [])]
      if (names.length < 2 || told.has(key)) continue
      told.add(key)
      shared.set(names.join(', '), [...(shared.get(names.join(', ')) ?? []), finding])
    }
    const own = service.findings.filter((finding) => (named.get(keyOf(finding, service))?.size ?? 0) < 2)
    return [
      ...[...shared].map(([target, findings]) => ({ ...about, target, findings, proof: null })),
      { ...service, findings: own },
    ]
  })
}

/** Those of a target, then those of its services, each once. */
export function allFindings(result: TargetResult): readonly ReportFinding[] {
  return [...result.findings, ...servicesTold(result).flatMap(({ findings }) => findings)]
}

/** Where a finding is, for people: `12:1`, of another file than the target `compose.yaml:12:1`. */
export function placeOf({ file, line, column }: ReportFinding): string {
  return `${file === undefined ? '' : `${file}:`}${line}:${column}`
}

/** Files of a project that change. */
export function changedFiles({ files = [] }: TargetResult): readonly string[] {
  return files.filter(({ changed }) => changed).map(({ path }) => path)
}
