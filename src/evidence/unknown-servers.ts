import { argvOf } from '../command/index.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import type { ImageConfig, ImageFacts } from '../image/facts.ts'
import type { StepDownReport } from '../image/step-down.ts'
import type { Remark } from '../plan/plan.ts'
import { installedPackages } from './installed.ts'
import { type PackageEvidence, writesOf } from './packages.ts'
import type { StatedSources } from './stated-by.ts'
import { standingPrograms, unlistedDaemons, unseenServers } from './unlisted-daemons.ts'
import { unnamedDaemons } from './unnamed-daemons.ts'

/** What is known of how the stage starts. */
interface Start {
  readonly shipped: Shipped
  readonly start: StepDownReport
  /** The config, with the working folder of its command. */
  readonly started: ImageConfig
  readonly packages: PackageEvidence
}

/** Servers of which nothing says what they write, before a build. */
export function unknownServers(
  { built, listed, entry, facts, rules, workingFolder }: StatedSources,
  { shipped, start, started, packages }: Start,
): readonly Remark[] {
  if (built) return []
  const installed = installedPackages(shipped.steps)
  const standing = standingPrograms(start.programs, start.launches, started)
  const isServer = facts.config.exposedPorts.length > 0
  const known = [...packages.started, ...workingFolder.flatMap(({ programs }) => programs)]
  const prepared = isPrepared(shipped, facts)
  return [
    ...(isServer ? unlistedDaemons(installed, standing, packages.started) : []),
    ...(isServer && entry?.class === 'os-base'
      ? unnamedDaemons(installed, standing, packages.started, saidWords(start, started), shipped)
      : []),
    ...(listed || facts.files.known
      ? []
      : unseenServers(installed, start.programs, known, writesOf(rules), { ...facts, prepared })),
  ]
}

/** Somebody thought of who writes where: a folder is handed over, or is a volume; busybox writes nothing. */
function isPrepared({ actions, entries }: Shipped, { config, os }: ImageFacts): boolean {
  return (
    (os.known && os.value.id === 'busybox') ||
    config.volumes.length > 0 ||
    actions.some(({ tool }) => tool === 'chown') ||
    [...entries.values()].some(({ uid }) => uid !== 0)
  )
}

function saidWords({ launches }: StepDownReport, config: ImageConfig): readonly string[] {
  return [...argvOf(config), ...launches.flatMap(({ words }) => words)].flatMap((word) => word.split(/\s+/))
}
