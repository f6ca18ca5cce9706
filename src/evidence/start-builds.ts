import { type BuildCache, knownPrograms } from '../../catalogue/known-programs.ts'
import { isRemoved, type StageContents } from '../contents/stage-contents.ts'
import { type Step, says } from '../dockerfile/index.ts'
import type { ImageConfig } from '../image/facts.ts'
import { baseName, isInside, normalisePath, parentOf } from '../places.ts'
import { type Claim, declared } from './claim.ts'
import type { Provider } from './provider.ts'
import { type StartedCommand, startedCommands } from './working-folder.ts'

/**
 * A start that builds (`go run`, `npm run dev`) writes what the program itself never does: a cache, which it looks for in its home,
 * and the result, where its bundler is told to. What listed tools write where they start, workingFolder knows.
 */
export const startBuilds: Provider = {
  name: 'start-builds',
  summary: 'where a bundler that the start runs puts its result, and caches of the build that the user does not find',
  when: 'before-run',
  *claims(view) {
    const { contents, started: config } = view
    const { all } = startedCommands(view)
    for (const cache of knownPrograms.buildCaches) yield* lostCache(cache, all, contents, config)
    const found = new Map<string, Claim>()
    for (const command of all)
      for (const [key, claim] of bundled(command, contents.texts)) if (!found.has(key)) found.set(key, claim)
    yield* found.values()
  },
}

/** A RUN has filled it for root: another user has another home, and may not enter that one. */
function* lostCache(
  { program, with: condition, filledBy, folder, variable, setting, source }: BuildCache,
  commands: readonly StartedCommand[],
  contents: StageContents,
  { env }: ImageConfig,
): Iterable<Claim> {
  const home = env.get('HOME')
  const place = normalisePath(env.get(variable) ?? folder) ?? folder
  // Whoever runs it finds what the build has found there.
  if (!isInside(place, '/root') || (home !== undefined && !isInside(home, '/root'))) return
  const name = new RegExp(`^(?:${program})$`)
  const starts = commands.find(
    ({ words }) =>
      name.test(baseName(words[0] ?? '')) &&
      (condition === undefined || new RegExp(condition).test(words.slice(1).join(' '))),
  )
  const filled = starts === undefined ? undefined : contents.steps.findLast((step) => fills(step, filledBy, place))
  if (starts === undefined || filled === undefined || isRemoved(contents, place)) return
  const { line } = filled.instruction
  yield {
    kind: 'remark',
    outcome: 'todo',
    transform: 'report-remarks',
    message: `${baseName(starts.words[0] ?? '')} builds at the start without what line ${line} has left in ${place}: the user has another home than root`,
    hint: `start what a RUN has built, or say ${setting} above line ${line} and --writable with that folder`,
    about: 'CMD',
    answeredByRun: true,
    evidence: [{ source: 'declared', subject: place, detail: `filled in line ${line} (${source})` }],
  }
}

/** As root, and into the image: not into a cache that only builds have. */
function fills({ instruction, user }: Step, filledBy: string, place: string): boolean {
  if (instruction.keyword !== 'RUN' || !(!user.known || /^(?:root|0|)(?::|$)/.test(user.value))) return false
  const isElsewhere = instruction.flags.some(({ name, value }) => {
    const target = /(?:^|,)(?:target|dst|destination)=([^,]+)/.exec(value ?? '')?.[1]?.replace(/^~(?=\/)/, '/root')
    return name === 'mount' && value?.includes('type=cache') === true && target !== undefined && isInside(place, target)
  })
  return !isElsewhere && says(instruction, new RegExp(filledBy))
}

/** What a script, or the configuration of a command, tells a bundler; by its place. */
function* bundled(
  { words: [program = '', ...args], folder: workdir }: StartedCommand,
  texts: StageContents['texts'],
): Iterable<readonly [string, Claim]> {
  const name = baseName(program)
  const configured = knownPrograms.bundlers.find((one) => one.command === name && one.configuration !== undefined)
  const path = configured === undefined ? scriptOf(name, args, workdir) : configurationOf(configured, texts, workdir)
  const text = path === null ? undefined : texts.get(path)
  if (path === null || text === undefined || text.length > LONGEST) return
  const bundler = configured ?? knownPrograms.bundlers.find((one) => imports(text, one.module))
  if (bundler === undefined || (configured === undefined && !new RegExp(bundler.calls).test(text))) return
  if (configured !== undefined && configured.with !== undefined && !new RegExp(configured.with).test(args.join(' ')))
    return
  const shown = [name, ...args].join(' ').slice(0, SHOWN)
  const told = [
    ...[...text.matchAll(TOLD)].map(([, key = '', , value = '']) => ({ key, place: normalisePath(value, workdir) })),
    ...[...text.matchAll(JOINED)].map(([, key = '', value = '']) => ({
      key,
      place: normalisePath(value, parentOf(path)),
    })),
  ]
  for (const { key, place } of told) {
    if (place === null) continue
    const detail = `${shown} writes there with ${bundler.module}`
    yield /file/i.test(key)
      ? [place, declared('create-file', place, detail, { beside: true })]
      : [place, declared('keep-state', place, detail, { tree: true })]
  }
  if (told.length > 0) return
  yield [
    path,
    {
      kind: 'remark',
      outcome: 'todo',
      transform: 'report-remarks',
      message: `${shown} builds at the start with ${bundler.module}, and where it writes was not seen`,
      hint: 'name the folder with --writable, or start what a RUN has built',
      about: 'CMD',
      answeredByRun: true,
      evidence: [{ source: 'declared', subject: path, detail: `${bundler.module} builds there` }],
    },
  ]
}

/** A script is no longer. */
const LONGEST = 200_000
const SHOWN = 60
/** `outdir: "../assets"`, esbuild and rollup. */
const TOLD = /\b(outdir|outfile|outDir|dir|file)\s{0,9}:\s{0,9}(["'`])([^"'`$\n]{1,200})\2/g
/** `path: path.resolve(__dirname, 'dist')`, webpack. */
const JOINED =
  /\b(outdir|outfile|outDir|dir|file|path)\s{0,9}:\s{0,9}(?:path\.)?(?:resolve|join)\(\s{0,9}(?:__dirname|import\.meta\.dirname)\s{0,9},\s{0,9}["']([^"'\n]{1,200})["']\s{0,9}\)/g

function imports(text: string, module: string): boolean {
  return ['"', "'"].some((quote) =>
    ['from ', 'import ', 'require(', 'import('].some((word) => text.includes(`${word}${quote}${module}${quote}`)),
  )
}

function scriptOf(program: string, args: readonly string[], workdir: string): string | null {
  if (!/^(?:node|tsx|ts-node|bun|deno)$/.test(program)) return null
  const script = args.find((word) => /\.[cm]?[jt]s$/.test(word))
  return script === undefined ? null : normalisePath(script, workdir)
}

function configurationOf(
  { configuration = '' }: { readonly configuration?: string },
  texts: StageContents['texts'],
  workdir: string,
): string | null {
  const names = ['js', 'mjs', 'cjs', 'ts'].map((end) => normalisePath(`${configuration}.${end}`, workdir) ?? '')
  return names.find((path) => texts.has(path)) ?? null
}
