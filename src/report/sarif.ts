import type { Location, Log, Notification, ReportingDescriptor, Result } from 'sarif'
import { table } from '../table.ts'
import type { Outcome } from '../transform.ts'
import type { Format, Rendering } from './format.ts'
import { type ReportFinding, version } from './report.ts'
import { allFindings, servicesTold } from './services.ts'

/** For code scanning in CI. Source: SARIF 2.1.0 (OASIS), and what GitHub reads of it. */
export const sarif: Format = {
  name: 'sarif',
  tells: 'data',
  render: (renderings, { rules = new Map() }) => `${JSON.stringify(log(renderings, rules), null, 2)}\n`,
}

/** As code scanning and editors call the place of the source: no path of this machine is written. */
const ROOT = '%SRCROOT%'

/** What a change would cure is a warning as long as it is not made; what only a person can do, an error. */
const LEVELS = { fixed: 'warning', offered: 'warning', todo: 'error', note: 'note' } as const satisfies Record<
  Outcome,
  Result.level
>

function log(renderings: readonly Rendering[], summaries: ReadonlyMap<string, string>): Log {
  const names = [
    ...new Set(renderings.flatMap(({ result }) => allFindings(result).map(({ transform }) => transform))),
  ].sort()
  const failed = renderings.filter(({ result }) => result.verdict === 'failed')
  return {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: { driver: { name: 'harden-image', version, rules: names.map((name) => rule(name, summaries)) } },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { [ROOT]: { description: { text: 'The repository, or the folder that it was run in.' } } },
        invocations: [
          {
            executionSuccessful: failed.length === 0,
            ...(failed.length === 0 ? {} : { toolExecutionNotifications: failed.map(notification) }),
          },
        ],
        results: renderings.flatMap((rendering) =>
          [rendering, ...ofServices(rendering)].flatMap((one) =>
            one.result.findings.map((finding) => resultOf(one, finding, names)),
          ),
        ),
      },
    ],
  }
}

/** Names that findings have beside those of transforms. */
const OTHERS: Readonly<Record<string, string>> = table({
  'look-at-base': 'Say which image could not be inspected.',
  'open-archive': 'Say by which name an image of an archive has to be there.',
  'read-build': 'Say what Compose and bake files tell of the build of a Dockerfile.',
})

function rule(name: string, summaries: ReadonlyMap<string, string>): ReportingDescriptor {
  const summary = summaries.get(name) ?? OTHERS[name] ?? 'What needs a decision.'
  return { id: name, shortDescription: { text: summary }, fullDescription: { text: summary }, help: { text: summary } }
}

function resultOf(rendering: Rendering, finding: ReportFinding, names: readonly string[]): Result {
  const { transform, outcome, message, hint, evidence } = finding
  const why = evidence.map(({ source, subject, detail }) => `${source} ${subject}: ${detail}`)
  return {
    ruleId: transform,
    ruleIndex: names.indexOf(transform),
    level: LEVELS[outcome],
    message: { text: [message, ...(hint ? [`do: ${hint}`] : []), ...why].join('\n') },
    locations: [locationOf(placed(rendering, finding), finding)],
    properties: { outcome, verdict: rendering.result.verdict },
  }
}

/** A service that runs an image is at the file of its project. */
function ofServices(rendering: Rendering): readonly Rendering[] {
  const { kind } = rendering.result
  return servicesTold(rendering.result).map((service) => ({
    ...rendering,
    result: service.file === undefined ? { ...service, kind } : service,
  }))
}

/** At the file that the line is of, where that is not the target's own. */
function placed(rendering: Rendering, { file = rendering.result.file }: ReportFinding): Rendering {
  if (file === undefined) return rendering
  const { [file]: fromRoot = file } = rendering.placesFromRoot ?? {}
  return { ...rendering, path: file, fromRoot }
}

/** An image has no file: its name stands for one as well, since code scanning takes no result without. */
function locationOf(
  { result, path, fromRoot = path }: Rendering,
  place?: { readonly line: number; readonly column: number },
): Location {
  const region = place === undefined ? {} : { region: { startLine: place.line, startColumn: place.column } }
  const named = { logicalLocations: [{ fullyQualifiedName: result.target, kind: 'resource' }] }
  if (result.kind === 'image')
    return { physicalLocation: { artifactLocation: { uri: uriPath(result.target) }, ...region }, ...named }
  // What could not be found is no file either: the path is a stand-in then.
  if (result.verdict === 'failed' && path === 'Dockerfile' && !/(^|\/)Dockerfile$/.test(result.target)) return named
  return { physicalLocation: { artifactLocation: { uri: uriPath(fromRoot), uriBaseId: ROOT }, ...region } }
}

function notification(rendering: Rendering): Notification {
  const { error, target } = rendering.result
  const text = [error?.message ?? `${target} could not be read`, ...(error?.hint ? [error.hint] : [])].join('\n')
  const place = error?.line === undefined ? undefined : { line: error.line, column: 1 }
  return { level: 'error', message: { text }, locations: [locationOf(rendering, place)] }
}

/** A path as a relative URI, slashes kept: a `#` or `?` in a name would end it, a `:` before its first `/` begin another. */
function uriPath(path: string): string {
  // encodeURI throws at half of a surrogate pair.
  return encodeURI(path.replace(/\p{Cs}/gu, '\ufffd')).replace(
    /[#?:]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
