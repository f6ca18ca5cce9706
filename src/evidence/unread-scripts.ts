import { argvOf, programsOf } from '../command/index.ts'
import { runTexts } from '../contents/run-texts.ts'
import type { Shipped } from '../contents/stage-contents.ts'
import { wholeText } from '../dockerfile/index.ts'
import type { ImageConfig, ImageFacts } from '../image/facts.ts'
import type { StepDownReport } from '../image/step-down.ts'
import { baseName } from '../places.ts'
import type { Remark } from '../plan/plan.ts'

const SHELL_SCRIPT = /\.(sh|bash)$|entrypoint/
/** What only reads, or is part of what a distribution's package or the image's vendor brings. */
const HARMLESS = /^(wait-for|wait_for|healthcheck)|^\/etc\/|^\/usr\/(s?bin|share|lib)\//

interface Sources {
  readonly start: Pick<StepDownReport, 'launches' | 'scripts' | 'unread'>
  /** ENTRYPOINT and CMD as they are started. */
  readonly config: Pick<ImageConfig, 'entrypoint' | 'cmd'>
  readonly facts: Pick<ImageFacts, 'reference' | 'os'>
  /** ENTRYPOINT and CMD of the base image, which its vendor's entry describes. */
  readonly vendors: readonly string[]
}

/**
 * A shell script that is started, and that neither the build context nor the Dockerfile shows: it is made by a RUN, unpacked, or
 * is in an image that nobody looked into. What it hands over, writes and switches to as root is not known then.
 */
export function unreadScripts(
  { start, config, facts, vendors }: Sources,
  { copies, steps }: Pick<Shipped, 'copies' | 'steps'>,
): readonly Remark[] {
  const launched = start.launches.filter(({ conditional, filter }) => !conditional && filter !== true)
  const argv = argvOf(config)
  const heads = programsOf(config).map((name) => argv.find((word) => baseName(word) === name) ?? name)
  const words = [...heads, ...launched.map(({ words: [word = ''] }) => word)]
  const read = new Set([...start.scripts, ...start.unread.map(({ path }) => path)].map(baseName))
  const paths = steps.flatMap((step) => runTexts(step).map(({ path }) => path))
  const written = new Set([...paths, ...paths.map(baseName)])
  return [...new Map(words.map((word) => [baseName(word), word])).values()]
    .filter((word) => {
      const name = baseName(word)
      const isMissing = copies.some(({ missing, source }) => missing === true && baseName(source) === name)
      return (
        (SHELL_SCRIPT.test(name) || written.has(word.includes('/') ? word : name)) &&
        !HARMLESS.test(name) &&
        (name === 'entrypoint' || !HARMLESS.test(word)) &&
        !read.has(name) &&
        !isMissing &&
        !vendors.some((vendor) => baseName(vendor) === name)
      )
    })
    .map((word): Remark => {
      const { from, about } = originOf(baseName(word), steps, facts)
      return {
        outcome: 'todo',
        transform: 'own-writable-paths',
        message: `${word}, which it starts, could not be read: ${from}`,
        hint: 'run with --prove to see what it does, or name what it writes with --writable',
        about,
        evidence: [],
      }
    })
}

function originOf(
  name: string,
  steps: Shipped['steps'],
  { reference, os }: Sources['facts'],
): { readonly from: string; readonly about: string } {
  const made = steps.find(({ instruction }) => instruction.keyword === 'RUN' && wholeText(instruction).includes(name))
  if (made !== undefined) return { from: `RUN in line ${made.instruction.line} makes or moves it`, about: 'RUN' }
  if (!os.known) return { from: `${reference} may bring it, and was not looked into`, about: 'FROM' }
  return { from: 'where it comes from is not seen before the build', about: 'CMD' }
}
