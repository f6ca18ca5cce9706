import type { Fix, Location, Log, Notification, Region, ReportingDescriptor, Result } from 'sarif'
import { normalisePath, parentOf } from '../path.ts'
import { table } from '../table.ts'
import type { Format, Rendering, RenderOptions } from './format.ts'
import {
  isDone,
  type LocatedFailure,
  type LocatedFinding,
  levelOf,
  locatedFailures,
  locatedFindings,
  type ReportPlace,
  wholeMessage,
} from './located.ts'
import { homepage, version } from './report.ts'
import { ruleBody, rulePath, ruleSummary, ruleUri } from './rule-pages.ts'

/** For code scanning in CI. Source: SARIF 2.1.0 (OASIS), and what GitHub reads of it. */
export const sarif: Format = {
  name: 'sarif',
  tells: 'data',
  render: (renderings, options) => `${JSON.stringify(log(renderings, options), null, 2)}\n`,
}

/** As code scanning and editors call the place of the source: no path of this machine is written. */
const ROOT = '%SRCROOT%'

function log(renderings: readonly Rendering[], options: RenderOptions): Log {
  const { rules: summaries = new Map() } = options
  const findings = locatedFindings(renderings)
  const failures = locatedFailures(renderings)
  const names = [...new Set(findings.map(({ finding }) => finding.transform))].sort()
  return {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: {
          driver: {
            name: 'harden-image',
            version,
            rules: names.map((name) => rule(name, summaries)),
          },
        },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { [ROOT]: { description: { text: 'The repository, or the folder that it was run in.' } } },
        invocations: [
          {
            executionSuccessful: failures.length === 0,
            ...(failures.length === 0 ? {} : { toolExecutionNotifications: failures.map(notification) }),
          },
        ],
        results: findings.map((one) => resultOf(one, names, options)),
      },
    ],
  }
}

/**
 * How bad it is where it is found, as GitHub shows it: from 7 on high, from 4 on medium. A container that is root, or could be, is
 * what the whole tool is about; what its steps say on the way is less, and what could not be read says nothing of danger.
 */
const SEVERITIES: Readonly<Record<string, string>> = table({
  'set-user': '7.8',
  'number-user': '4.0',
  'pod-security': '7.0',
  prove: '7.0',
  'report-remarks': '5.0',
  'look-at-base': '2.0',
  'open-archive': '1.0',
  'read-build': '1.0',
  'read-config': '1.0',
  'read-manifests': '2.0',
  'read-project': '2.0',
})
const USUAL_SEVERITY = '4.0'

function rule(name: string, summaries: ReadonlyMap<string, string>): ReportingDescriptor {
  const summary = summaries.get(name) ?? (ruleSummary(name) || name)
  return {
    id: name,
    shortDescription: { text: summary },
    fullDescription: { text: summary },
    ...helpOf({ name, summary, page: ruleBody(name) }, homepage),
    properties: { tags: ['security'], 'security-severity': SEVERITIES[name] ?? USUAL_SEVERITY },
  }
}

interface Explained {
  readonly name: string
  readonly summary: string
  /** Markdown without its title; empty where there is none. */
  readonly page: string
}

/**
 * The page itself, since most viewers show it and nobody need have the repository. `home`: where the repository of this tool can be read,
 * without a slash at its end; null where nobody has said it, and then there is no address to invent.
 */
export function helpOf(
  { name, summary, page }: Explained,
  home: string | null,
): Pick<ReportingDescriptor, 'help' | 'helpUri'> {
  const path = rulePath(name)
  const helpUri = ruleUri(name, home)
  const where = helpUri === null ? `\`${path}\` of harden-image` : `[${path}](${helpUri})`
  const linked = page.replace(/\[([^[\]]{1,200})\]\(([^()\s]{1,300})\)/g, (_, text: string, target: string) =>
    home === null ? text : `[${text}](${addressOf(target, path, home)})`,
  )
  const body = linked === '' ? '' : `\n\n${linked}`
  return {
    help: {
      text: `${summary} What it means and what to do: ${helpUri ?? `${path} of harden-image`}`,
      markdown: `${summary}${body}\n\nIts page: ${where}`,
    },
    ...(helpUri === null ? {} : { helpUri }),
  }
}

function addressOf(target: string, from: string, home: string): string {
  if (/^[a-z]+:/.test(target)) return target
  const [path = '', heading] = target.split('#')
  const file = path === '' ? from : normalisePath(path, `/${parentOf(from)}`).slice(1)
  return `${home}/blob/HEAD/${file}${heading === undefined ? '' : `#${heading}`}`
}

function resultOf(located: LocatedFinding, names: readonly string[], options: RenderOptions): Result {
  const { finding, result, fingerprint, replacements } = located
  const { transform, outcome } = finding
  return {
    ruleId: transform,
    ruleIndex: names.indexOf(transform),
    ...(outcome === 'question' ? ({ kind: 'open', level: 'none' } as const) : { level: levelOf(located, options) }),
    message: { text: wholeMessage(located, options) },
    locations: [locationOf(located, result.target)],
    ...(options.isKnown === undefined
      ? {}
      : { baselineState: options.isKnown(fingerprint) ? ('unchanged' as const) : ('new' as const) }),
    // The name that GitHub knows alerts by from one upload to the next.
    partialFingerprints: { primaryLocationLineHash: fingerprint },
    ...(replacements.length === 0 || isDone(located, options) ? {} : { fixes: [fixOf(located)] }),
    properties: { outcome, verdict: result.verdict },
  }
}

/** One change of several: a USER line and the account that it names are two findings. */
function fixOf({ path, finding, replacements }: LocatedFinding): Fix {
  return {
    description: { text: `${finding.message}. The changes of one file belong together: apply all of them, or none.` },
    artifactChanges: [
      {
        artifactLocation: fileAt(path),
        replacements: replacements.map(({ region, text }) => ({
          deletedRegion: region,
          ...(text === '' ? {} : { insertedContent: { text } }),
        })),
      },
    ],
  }
}

/** An image has no file, so its name stands for one: code scanning takes no result without. */
function locationOf({ path, isFile, region }: ReportPlace, target: string): Location {
  const at: { region?: Region } = region === undefined ? {} : { region }
  if (isFile) return { physicalLocation: { artifactLocation: fileAt(path), ...at } }
  return {
    physicalLocation: { artifactLocation: { uri: uriPath(path) }, ...at },
    logicalLocations: [{ fullyQualifiedName: target, kind: 'resource' }],
  }
}

function fileAt(path: string): { readonly uri: string; readonly uriBaseId: string } {
  return { uri: uriPath(path), uriBaseId: ROOT }
}

function notification({ result: { target }, error, location }: LocatedFailure): Notification {
  const named = { logicalLocations: [{ fullyQualifiedName: target, kind: 'resource' }] }
  return {
    level: 'error',
    message: { text: [error.message, ...(error.hint ? [error.hint] : [])].join('\n') },
    locations: [location === null ? named : locationOf(location, target)],
  }
}

/** A path as a relative URI, slashes kept: a `#` or `?` in a name would end it, a `:` before its first `/` begin another. */
function uriPath(path: string): string {
  // encodeURI throws at half of a surrogate pair.
  return encodeURI(path.replace(/\p{Cs}/gu, '\ufffd')).replace(
    /[#?:]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
