import { knownPrograms } from '../../catalogue/known-programs.ts'
import { bounds } from '../bounds.ts'
import {
  argvOf,
  asWords,
  invocationsIn,
  isInterpreter,
  programsOf,
  type ShellCommand,
  waitsForInput,
} from '../command/index.ts'
import { names, runTexts } from '../contents/run-texts.ts'
import type { CopiedPath, StageContents } from '../contents/stage-contents.ts'
import { knownIn, type Step, says, shellCommands, wholeText } from '../dockerfile/index.ts'
import type { ImageFacts } from '../image/facts.ts'
import { staticValue } from '../image/step-down/static-text.ts'
import {
  baseName,
  isBelowSystem,
  isInside,
  isPrivateKey,
  isSharedFolder,
  isSystemFolder,
  looksLikeFile,
  normalisePath,
  parentOf,
} from '../places.ts'
import type { Claim, Evidence } from './claim.ts'
import type { Catalogue, Provider, StageView } from './provider.ts'
import { isOneOf, startedByRules } from './servers.ts'
import { isTest } from './source-writes.ts'
import { copiesOf, unknownServers } from './unknown-servers.ts'

/** Something that nobody could read, and what follows from it. */
export interface Gap {
  /** The path, program or instruction that it is about. */
  readonly subject: string
  readonly message: string
  /** What to do; absent: see it run, or name what it writes. */
  readonly hint?: string
  readonly about: string
  readonly evidence?: readonly Evidence[]
}

interface Kind {
  /** Only where not even the base image was looked into: of files that are known all is read. */
  readonly unseenBase?: true
  readonly gaps: (view: StageView, catalogue: Catalogue, earlier: readonly Claim[]) => readonly Gap[]
}

/** What is unknown before the build, in the order in which it is said. */
const KINDS: readonly Kind[] = [
  { gaps: sourcesLeft },
  { gaps: cutRuns },
  { gaps: missingScripts },
  { gaps: unknownVolumes },
  { gaps: misspeltVolumes },
  { unseenBase: true, gaps: unreadScripts },
  { unseenBase: true, gaps: unpackedPrograms },
  { unseenBase: true, gaps: copiedPrograms },
  { gaps: downloadedPrograms },
  { gaps: shellsAndTests },
  { gaps: unknownServers },
]

/** What could not be read is said, whatever it is: a person decides, or a build shows it. */
export const coverage: Provider = {
  name: 'coverage',
  summary:
    'what of the stage could not be read before the build: RUN lines, scripts, volumes, unpacked programs and servers',
  when: 'before-build',
  *claims(view, catalogue, earlier) {
    for (const { unseenBase, gaps } of KINDS) {
      if (unseenBase === true && view.facts.files.known) continue
      for (const gap of gaps(view, catalogue, earlier))
        yield {
          kind: 'unknown',
          outcome: 'todo',
          transform: 'own-writable-paths',
          hint: 'run with --prove to see it, or name what it writes with --writable',
          evidence: [],
          ...gap,
        }
    }
  },
}

/** Sources that the stage, or one that it is built in, copies and that a bound left unread. */
function sourcesLeft({ left: { unread, cutAt }, contents, builders }: StageView): readonly Gap[] {
  const stages = [contents, ...builders]
  const hint = 'leave out in .dockerignore what the image does not need, or run with --prove'
  const whole = stages.flatMap(({ copies }) => copies).find(({ seen, source }) => seen && !looksLikeFile(source))
  const cut =
    cutAt === undefined || whole === undefined
      ? []
      : [
          {
            subject: whole.source,
            message: `the build context has more than ${cutAt.toLocaleString('en')} files: what the sources behind those write is unknown`,
            hint,
            about: 'COPY',
          },
        ]
  if (unread === undefined) return cut
  const copied = stages.flatMap(({ origins }) =>
    [...origins.values()].filter((path) => unread.has(path) && !isTest(path)),
  )
  const [first] = copied
  if (first === undefined) return cut
  const message =
    copied.length === 1
      ? `${first} was too large to be read: what it writes is unknown`
      : `${copied.length} sources (such as ${first}) were too many to be read: what they write is unknown`
  return [...cut, { subject: first, message, hint, about: 'COPY' }]
}

const HINT = "name the context with --context (context: in the configuration) where it is not the Dockerfile's folder"

/**
 * Sources of COPY that the build context has not: the build would fail, and nothing is known of what they are. A todo where it is the
 * program, or what a build makes of one; of a certificate or a text it is a note.
 */
export const missingCopies: Provider = {
  name: 'missing-copies',
  summary: 'sources of COPY that are not in the build context',
  when: 'before-build',
  *claims(view) {
    // Who says a VOLUME says where it keeps what it writes.
    const isSaid = view.started.volumes.length > 0
    const own = view.contents.copies
      .filter(isMissing)
      .map((copy) => ({ copy, isCode: !isSaid && isProgram(copy, view) }))
    // What a stage before lacks, the program is made of that comes from it.
    const before = view.builders.flatMap(({ copies }) =>
      copies.filter((copy) => isMissing(copy) && BUILT.test(baseName(copy.source))),
    )
    const whole = view.builders.flatMap(({ copies, texts }) =>
      [...texts.keys()].some((path) => CODE.test(path))
        ? []
        : copies.filter((copy) => isMissing(copy) && !IS_SETTING.test(baseName(copy.source))),
    )
    const code = [
      ...own.filter(({ isCode }) => isCode).map(({ copy }) => copy),
      ...(before.length > 0 && !isSaid && isCopiedUnseen(view) ? before : []),
      ...(whole.length > 0 && !isSaid && isScriptUnseen(view) ? whole : []),
    ]
    yield* missed(code, 'todo')
    const others = own.filter(({ isCode }) => !isCode).map(({ copy }) => copy)
    yield* missed(
      others.filter((copy) => !isClosedKey(copy, view)),
      'note',
    )
    yield* closedKeys(others.filter((copy) => isClosedKey(copy, view)))
  },
}

/** A private key that is made before the build, and that no option opens. */
function isClosedKey({ source, line }: CopiedPath, { contents: { steps } }: StageView): boolean {
  const flags = steps.find(({ instruction }) => instruction.line === line)?.instruction.flags ?? []
  return isPrivateKey(source) && !flags.some(({ name }) => name === 'chmod' || name === 'chown')
}

function* closedKeys(keys: readonly CopiedPath[]): Iterable<Claim> {
  const [first] = keys
  if (first === undefined) return
  const names = keys.map(({ source }) => baseName(source)).join(', ')
  yield {
    kind: 'unknown',
    outcome: 'todo',
    transform: 'report-remarks',
    subject: first.source,
    message: `${names}: not in the build context; a tool that makes a private key lets its owner alone read it, and COPY gives it to root`,
    hint: 'copy it with --chown=UID:GID of the user, or with --chmod=640 and its group',
    about: 'COPY',
    evidence: [],
  }
}

function* missed(copies: readonly CopiedPath[], outcome: 'todo' | 'note'): Iterable<Claim> {
  const names = [...new Set(copies.map(({ source }) => source))]
  if (names.length === 0) return
  yield {
    kind: 'unknown',
    outcome,
    transform: 'report-remarks',
    subject: names.join(', '),
    message: `${names.join(', ')}: not in the build context, so what ${names.length === 1 ? 'it writes' : 'they write'} is unknown`,
    hint: outcome === 'todo' ? `build it first and run with --prove, or ${HINT}` : HINT,
    about: 'COPY',
    evidence: [],
  }
}

/** What a build leaves: an archive, a package, or a folder of output. */
const BUILT =
  /\.(?:jar|war|ear|tar|tgz|gz|xz|bz2|zst|zip|deb|rpm|apk|whl|gem|phar|exe|dll|node|wasm)$|^(?:dist|build|target|out|output|bin|release|publish|artifacts?|\.next|\.output|_build)$/i

/** What is started, by its place or its name, or what a build makes. */
function isProgram({ source, destination }: CopiedPath, view: StageView): boolean {
  const {
    started,
    start: { launches },
  } = view
  const name = baseName(source)
  // Of a script that is started `missingScripts` tells.
  if (SCRIPT.test(name)) return false
  const isBuilt = BUILT.test(name) || source.split('/').some((part) => BUILT.test(part))
  if (isBuilt && !isServedAlone(destination, view)) return true
  const words = [...argvOf(started), ...launches.flatMap((launch) => launch.words)].flatMap((word) => word.split(/\s+/))
  return words.some((word) => {
    // A word that a variable decides is empty.
    if (word === '' || word.startsWith('-')) return false
    const path = normalisePath(word, started.workdir)
    return (
      path === destination || (baseName(word) === name && (!word.includes('/') || isInside(path ?? '', destination)))
    )
  })
}

/**
 * A folder of pages: what is started lies elsewhere. A server that the catalogue or a package tells of, a program that the stage brings
 * beside it, or a script that has been read and takes no module from there.
 */
function isServedAlone(destination: string, view: StageView): boolean {
  const { started, start, servers, listed, contents } = view
  if (looksLikeFile(destination) || start.unread.length > 0) return false
  const words = [...argvOf(started), ...start.launches.flatMap((launch) => launch.words)]
    .flatMap((word) => word.split(/\s+/))
    .filter((word) => word !== '' && !word.startsWith('-'))
  const paths = words.flatMap((word) => normalisePath(word, started.workdir) ?? [])
  if (paths.some((path) => isInside(path, destination) && path !== started.workdir)) return false
  const { programs } = start
  const known = startedByRules(programs, servers)
  if (programs.length > 0 && programs.every((name) => listed || known.includes(name) || WEB_SERVER.test(name)))
    return true
  const scripts = [...new Set([...paths, ...start.scripts])].filter(
    (path) => contents.entries.get(path)?.type === 'file',
  )
  if (scripts.length === 0 || !scripts.every((path) => contents.texts.has(path) || !CODE.test(path))) return false
  return [...contents.texts].every(([path, text]) => !CODE.test(path) || !takesModule(text, baseName(destination)))
}

/** They hand out files, and come with nothing to be built. */
const WEB_SERVER =
  /^(?:nginx|caddy|httpd|apache2|apache2ctl|apache2-foreground|lighttpd|serve|http-server|static-web-server|webfsd?|darkhttpd)$/

/** `require('./dist/server')`, `import x from "../dist/x.js"`, `from dist import x`. */
function takesModule(text: string, folder: string): boolean {
  return text.split('\n').some((line) => line.includes(folder) && TAKES.test(line) && names(line, folder))
}

const TAKES = /\b(?:require|import|from|include|exec\w*|spawn\w*|fork)\b/

/** The program comes out of a stage before, and nobody has seen it there. */
function isCopiedUnseen(view: StageView): boolean {
  const { contents, started } = view
  return programsOf(started).some((program) => {
    if (isInterpreter(program)) return false
    const isThere = [...contents.entries].some(([path, { type }]) => type === 'file' && baseName(path) === program)
    return !isThere && contents.copies.some(({ seen, missing }) => !seen && missing !== true)
  })
}

/** The script that an interpreter is given lies in what a COPY brings, and nobody has seen it. */
function isScriptUnseen({ contents: { entries, copies }, started }: StageView): boolean {
  return invocationsIn(asWords(argvOf(started))).some(({ words: [program, ...words] }) => {
    const script = isInterpreter(baseName(program?.value ?? ''))
      ? words.find(({ value }) => value?.startsWith('-') === false)?.value
      : null
    const path = script == null || !/[/.]/.test(script) ? null : normalisePath(script, started.workdir)
    if (path === null || !copies.some(({ destination }) => isInside(path, destination))) return false
    // `node ./server` is `server.js`, or `server/index.js`.
    return ![...entries].some(
      ([each, { type }]) => type === 'file' && (each === path || each.startsWith(`${path}.`) || isInside(each, path)),
    )
  })
}

/** What no program is made of. */
const IS_SETTING = /^\.|\.(?:conf|cfg|ini|ya?ml|json|toml|lock|txt|md|crt|pem|env)$|^(?:yarn|package)?-?lock/i

function isMissing({ missing }: CopiedPath): boolean {
  return missing === true
}

const SCRIPT = /\.(sh|bash|py|rb|pl|php|m?js)$|entrypoint|^(start|run|init|boot)\b/
/** Where a program is looked for that the command names without a folder. */
const ON_PATH = /^(\/usr(\/local)?)?\/s?bin$/

/**
 * A script that the command starts, and that nobody could read: what it does as root is no more than a guess. A program
 * that is no script could not be read either.
 */
function missingScripts({ contents: { copies, texts }, facts: { config } }: StageView): readonly Gap[] {
  const { entrypoint, cmd, workdir } = config
  // The shell form is one word.
  const words = [...(entrypoint ?? []), ...(cmd ?? [])]
    .flatMap((word) => word.split(/\s+/))
    .filter((word) => SCRIPT.test(baseName(word)))
  const missing = copies.filter(isMissing)
  return [...new Set(words)].flatMap((word): readonly Gap[] => {
    const path = normalisePath(word, workdir)
    const copy = path === null || texts.has(path) ? undefined : missing.find((each) => bringsScript(each, word, path))
    if (copy === undefined) return []
    return [
      {
        subject: word,
        message: `${word}, which it starts, could not be read: ${copy.source} is not in the build context`,
        hint: HINT,
        about: 'COPY',
      },
    ]
  })
}

/** As that file, into its folder, into one of PATH, or with the folder that it is in. */
function bringsScript({ source, destination }: CopiedPath, word: string, path: string): boolean {
  if (path === destination) return true
  if (baseName(source) !== baseName(word)) return !baseName(source).includes('.') && isInside(path, destination)
  return destination === parentOf(path) || (!word.includes('/') && ON_PATH.test(destination))
}

/** RUN lines of which more is to be said than was looked at: what the program finds in its image is not fully known then. */
function cutRuns({ contents: { steps, tooLong, tooMany } }: StageView): readonly Gap[] {
  const long = new Set(tooLong)
  return steps.flatMap((step): readonly Gap[] => {
    const { instruction, shell } = step
    if (instruction.keyword !== 'RUN') return []
    const script = shellCommands(instruction, shell)
    const reasons =
      script.kind === 'unparsed'
        ? script.tooLong === true
          ? [script.reason]
          : []
        : [
            ...(runTexts(step).some(({ leftOut }) => leftOut === true)
              ? [`it writes more than ${bounds.writtenTexts} files`]
              : []),
            ...(instruction.line === tooMany
              ? [`it is behind the first ${bounds.removedPatterns} patterns of rm`]
              : []),
            ...(long.has(instruction.line) ? [`it names a path of more than ${bounds.pathLength - 1} characters`] : []),
          ]
    return reasons.map((reason) => ({
      subject: `RUN in line ${instruction.line}`,
      message: `RUN in line ${instruction.line} was not read to its end (${reason}): what it leaves behind is not fully known`,
      hint: 'run with --prove to see what the program writes, or name it with --writable',
      about: 'RUN',
    }))
  })
}

/** A VOLUME whose folder a variable of the base image, or of the build alone, decides: it is written, and nobody can say where it is. */
function unknownVolumes({ contents: { steps } }: StageView): readonly Gap[] {
  return steps
    .filter(({ instruction, words }) => instruction.keyword === 'VOLUME' && words.includes(null))
    .map(({ instruction: { text, line } }) => ({
      subject: text.trim(),
      message: `cannot tell which folder VOLUME ${text.trim()} in line ${line} means, so it is not given to the user`,
      hint: 'name it with --writable, or run with --prove, where the image of its base is looked into',
      about: 'VOLUME',
    }))
}

/** A list in single quotes or without any is no JSON, so none of its folders is a volume. */
function misspeltVolumes({ contents: { steps } }: StageView): readonly Gap[] {
  return steps
    .filter(({ instruction: { keyword, text } }) => keyword === 'VOLUME' && /^\[\s*[^"\s]/.test(text.trim()))
    .map(({ instruction: { text, line } }) => ({
      subject: text.trim(),
      message: `VOLUME ${text.trim()} in line ${line} is not JSON: Docker makes no volume of these folders`,
      hint: 'write each path in double quotes',
      about: 'VOLUME',
    }))
}

const SHELL_SCRIPT = /\.(sh|bash)$|entrypoint/
/** What only reads, or is part of what a distribution's package or the image's vendor brings. */
const HARMLESS = /^(wait-for|wait_for|healthcheck)|^\/etc\/|^\/usr\/(s?bin|share|lib)\//

/**
 * A shell script that is started, and that neither the build context nor the Dockerfile shows: it is made by a RUN, unpacked, or
 * is in an image that nobody looked into. What it hands over, writes and switches to as root is not known then.
 */
function unreadScripts({
  start,
  started: config,
  facts,
  entry,
  contents: { copies, steps },
}: StageView): readonly Gap[] {
  // ENTRYPOINT and CMD of the base image, which its vendor's entry describes.
  const vendors = argvOf(entry?.config ?? {})
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
    .map((word): Gap => {
      const { from, about } = originOf(baseName(word), steps, facts)
      return {
        subject: word,
        message: `${word}, which it starts, could not be read: ${from}`,
        hint: 'run with --prove to see what it does, or name what it writes with --writable',
        about,
      }
    })
}

function originOf(
  name: string,
  steps: StageContents['steps'],
  { reference, os }: ImageFacts,
): { readonly from: string; readonly about: string } {
  const made = steps.find(({ instruction }) => instruction.keyword === 'RUN' && wholeText(instruction).includes(name))
  if (made !== undefined) return { from: `RUN in line ${made.instruction.line} makes or moves it`, about: 'RUN' }
  if (!os.known) return { from: `${reference} may bring it, and was not inspected`, about: 'FROM' }
  return { from: 'where it comes from is not seen before the build', about: 'CMD' }
}

/**
 * A program that is started and that COPY takes from an image: nobody has looked into that one, and nothing says where its program
 * keeps what it writes. Who says a VOLUME, or gives a place away, has thought of it.
 */
function copiedPrograms(view: StageView, _: Catalogue, earlier: readonly Claim[]): readonly Gap[] {
  const { contents, started, servers } = view
  if (started.volumes.length > 0 || earlier.some(isWritten)) return []
  // Behind a script that ends in `exec "$@"` the command is what is started.
  const behind = started.entrypoint === null ? [] : (started.cmd?.slice(0, 1) ?? []).map(baseName)
  const programs = [...new Set([...programsOf(started), ...behind])]
  const known = startedByRules(programs, servers)
  return programs.flatMap((program): readonly Gap[] => {
    if (known.includes(program) || isInterpreter(program)) return []
    const { path, all } = copiesOf(program, view)
    const brought = all.filter(({ image, isNamed, target }) => image !== null && (isNamed || target === path))
    const last = brought.at(-1)
    // What a later COPY of the same file brings counts.
    if (
      last === undefined ||
      contents.copies.some(({ destination, seen, line }) => seen && destination === path && line > last.line)
    )
      return []
    return [
      {
        subject: program,
        message: `${program} comes out of ${last.image} (line ${last.line}): what it writes is unknown before the build`,
        about: 'COPY',
        evidence: [{ source: 'declared', subject: program, detail: `copied from ${last.image} in line ${last.line}` }],
      },
    ]
  })
}

/** A place that the program is given; that it may read or start a file says nothing of what it writes. */
function isWritten(claim: Claim): boolean {
  return claim.kind === 'path' && claim.access !== 'read' && claim.access !== 'execute'
}

/** The same of one that the build takes from the network as it is: of what is unpacked or installed others tell. */
function downloadedPrograms(view: StageView, _: Catalogue, earlier: readonly Claim[]): readonly Gap[] {
  const { contents, builders, started, servers } = view
  if (started.volumes.length > 0 || earlier.some(isWritten)) return []
  const programs = programsOf(started)
  const known = startedByRules(programs, servers)
  const steps = [...builders.flatMap((each) => each.steps), ...contents.steps]
  return programs.flatMap((program): readonly Gap[] => {
    if (known.includes(program) || isInterpreter(program) || SHELL_SCRIPT.test(program)) return []
    const last = steps.findLast((step) => downloadsOf(step).includes(program) || installs(step, program, view))
    if (last === undefined) return []
    const { keyword, line } = last.instruction
    return [
      {
        subject: program,
        message: `${program} comes from the network (${keyword} in line ${line}): what it writes is unknown before the build`,
        about: keyword,
        evidence: [{ source: 'declared', subject: program, detail: `downloaded by ${keyword} in line ${line}` }],
      },
    ]
  })
}

/** What the files are called that an ADD or a RUN brings from the network. */
function downloadsOf(step: Step): readonly string[] {
  const { instruction, words } = step
  if (instruction.keyword === 'ADD') {
    // A build argument may decide the version in it.
    if (!says(instruction, /(?:^|\s)["']?(?:https?|ftp):\/\//)) return []
    const to = words.at(-1) ?? ''
    return to.endsWith('/')
      ? words.slice(0, -1).flatMap((url) => (url === null ? [] : [baseName(url)]))
      : [baseName(to)]
  }
  if (instruction.keyword !== 'RUN' || !says(instruction, /\b(?:curl|wget)\b/)) return []
  const script = shellCommands(instruction, step.shell)
  if (script.kind !== 'parsed') return []
  return script.commands.flatMap(({ name, words: said, redirects }) => {
    if (name !== 'curl' && name !== 'wget') return []
    const option = name === 'curl' ? /^(?:-[a-zA-Z]*o|--output)$/ : /^(?:-[a-zA-Z]*O|--output-document)$/
    const at = said.findIndex(({ text }) => option.test(text))
    const targets = [...(at < 0 ? [] : [said[at + 1]?.text]), ...redirects.map(({ target }) => target?.text)]
    return targets.flatMap((target) => (target === undefined ? [] : [baseName(target)]))
  })
}

/**
 * A RUN has a package manager of a language fetch the program by its name. What runs an application that the stage brings (gunicorn,
 * pm2) keeps nothing of its own.
 */
function installs({ instruction, shell }: Step, program: string, { contents }: StageView): boolean {
  if (instruction.keyword !== 'RUN' || !says(instruction, INSTALLS)) return false
  const script = shellCommands(instruction, shell)
  if (script.kind !== 'parsed') return false
  const plain = program.toLowerCase().replaceAll('_', '-')
  const isBrought =
    [...contents.texts.keys()].some((path) => CODE.test(path)) || contents.copies.some(({ seen }) => !seen)
  return script.commands.some(({ words }) => {
    const args = words.map(({ text }) => text)
    const verb = args.findIndex((word) => /^(?:i|install|add|get)$/.test(word))
    if (verb < 1) return false
    const tool = baseName(args[0] ?? '')
    const isBuilt = tool === 'go' || tool === 'cargo'
    const isGlobal = /^(?:npm|pnpm|yarn|bun)$/.test(tool) && args.some((word) => /^(?:-g|--global|global)$/.test(word))
    const isTool = isGlobal || /^(?:pip[\d.]*|pipx|uv|gem|python[\d.]*)$/.test(tool)
    if (!isBuilt && (!isTool || isBrought)) return false
    return args.slice(verb + 1).some((word) => !word.startsWith('-') && packageOf(word, isBuilt) === plain)
  })
}

const INSTALLS = /\b(?:go|cargo|npm|pnpm|yarn|bun|pip[\d.]*|pipx|uv|gem)\s/
const CODE = /\.(?:py|m?[jt]sx?|cjs|rb|php|pl|go|rs|java|kt|cs|ex|exs)$/

/** `@scope/cml@1` is cml, `flask[async]==3` flask, `example.org/x/cmd/serve/v2@latest` serve; null for a place. */
function packageOf(word: string, isBuilt: boolean): string | null {
  const bare = word.replace(/["']/g, '')
  if (/^[./]/.test(bare) || (!isBuilt && /:\/\//.test(bare))) return null
  const end = [...bare].findIndex((char, at) => at > 0 && '@[=<>~!;'.includes(char))
  const parts = bare
    .slice(0, end < 0 ? undefined : end)
    .split('/')
    .filter((part) => !/^v\d{1,3}$/.test(part))
  return (parts.at(-1) ?? '').toLowerCase().replaceAll('_', '-')
}

/**
 * A shell, `make` or a runner of tests: what is done in it others say at each run, and it is mostly done where it starts. Where that
 * folder is the user's, somebody has thought of it.
 */
function shellsAndTests({ started, start, entry }: StageView, _: Catalogue, earlier: readonly Claim[]): readonly Gap[] {
  const argv = argvOf(started)
  const [program = ''] = start.programs
  // What a recipe starts is followed where somebody has it.
  const isOpen = start.programs.length <= 1 && isOneOf(knownPrograms.openEnded, program)
  // That of a base image is there to be replaced.
  if (!isOpen && (!waitsForInput(argv) || argv.join(' ') === argvOf(entry?.config ?? {}).join(' '))) return []
  const { workdir } = started
  if (earlier.some((claim) => claim.kind === 'path' && isInside(workdir, claim.path))) return []
  return [
    {
      subject: baseName(argv[0] ?? program),
      message: `it starts ${argv.join(' ')}: what is run in ${workdir}, and what that writes, is known to nobody before`,
      hint: 'name what is written there with --writable, or exclude a file that is for people alone',
      about: 'CMD',
    },
  ]
}

/** A folder that a RUN has filled from elsewhere. */
interface Unpacked {
  readonly folder: string
  readonly line: number
  /** By git: it is a project of its own. */
  readonly isCloned?: true
}

/**
 * A server that is started from a folder that a RUN has unpacked or cloned: nobody has read it, most keep logs and data
 * beside themselves, and nothing says where. Where a place in there is the user's, somebody has thought of it.
 */
function unpackedPrograms(
  { contents: { steps, copies }, start: { launches }, started: config }: StageView,
  _: Catalogue,
  earlier: readonly Claim[],
): readonly Gap[] {
  // Who says a VOLUME says where it keeps what it writes.
  if (config.volumes.length > 0) return []
  const started = [
    ...argvOf(config),
    ...launches.flatMap(({ conditional, filter, words }) => (conditional || filter === true ? [] : words)),
  ]
    .flatMap((word) => word.split(/\s+/))
    .filter((word) => /[/.]/.test(word) && !word.startsWith('-'))
    .flatMap((word) => normalisePath(word, config.workdir) ?? [])
  // What the project itself is copied into holds its own program, whatever is unpacked beside it.
  const project = copies
    .flatMap(({ destination }) => [destination, parentOf(destination)])
    .filter((path) => !isSharedFolder(path) && !isSystemFolder(path))
  const isServer = config.exposedPorts.length > 0
  const program = normalisePath(argvOf(config)[0] ?? '', config.workdir)
  // A start script that goes there and runs tasks of that project, whatever file is laid over it.
  const runsTasks = (folder: string): boolean =>
    !copies.some(({ destination }) => isInside(folder, destination)) &&
    launches.some(
      ({ conditional, words: [name = ''], folder: at = config.workdir }) =>
        !conditional && isOneOf(knownPrograms.openEnded, baseName(name)) && isInside(at, folder),
    )
  const found = unpackedBy(steps).findLast(({ folder, isCloned }) => {
    if (earlier.some((claim) => claim.kind === 'path' && isInside(claim.path, folder))) return false
    if (isCloned === true && runsTasks(folder)) return true
    return (
      (isServer || (isCloned === true && program !== null && program !== folder && isInside(program, folder))) &&
      !project.some((path) => isInside(folder, path)) &&
      started.some((path) => path !== folder && isInside(path, folder))
    )
  })
  if (found === undefined) return []
  const { folder, line } = found
  return [
    {
      subject: folder,
      message: `what is started in ${folder} comes from elsewhere (RUN in line ${line}): what it writes is unknown before the build`,
      about: 'RUN',
      evidence: [{ source: 'declared', subject: folder, detail: `filled by RUN in line ${line}` }],
    },
  ]
}

function unpackedBy(steps: readonly Step[]): readonly Unpacked[] {
  return steps.flatMap((step) => {
    if (
      step.instruction.keyword !== 'RUN' ||
      !says(step.instruction, /\b(tar|unzip|git|django-admin|rails|composer)\b/)
    )
      return []
    const script = shellCommands(step.instruction, step.shell)
    if (script.kind !== 'parsed') return []
    const { line } = step.instruction
    const value = (word: ShellCommand['words'][number] | undefined): string | null =>
      word === undefined ? null : (word.value ?? staticValue(word.text, knownIn(step.environment)))
    const found: Unpacked[] = []
    let folder = step.workdir
    for (const command of script.commands) {
      const words = command.words.slice(1)
      if (command.name === 'cd') folder = normalisePath(value(words[0]) ?? '', folder ?? '')
      const into = filledBy(command.name, words, value)
      const at = into === null ? null : normalisePath(into, folder ?? '')
      // A folder of its own: what goes into those of the system is a tool.
      if (at === null || /\/bin$/.test(at) || isSystemFolder(at) || isSharedFolder(at) || isBelowSystem(at)) continue
      found.push({ folder: at, line, ...(command.name === 'git' ? { isCloned: true } : {}) })
    }
    // `tar xz && mv app-1.2 /opt/app`
    const moved = script.commands.findLast(({ name }) => name === 'mv')
    const to = found.length > 0 || moved === undefined ? null : normalisePath(value(moved.words.at(-1)) ?? '')
    if (to !== null && unpacks(script.commands) && !isSystemFolder(to) && !isSharedFolder(to) && !isBelowSystem(to))
      found.push({ folder: to, line })
    return found
  })
}

function unpacks(commands: readonly ShellCommand[]): boolean {
  return commands.some(({ name, words }) => name === 'unzip' || (name === 'tar' && isExtract(words[1]?.text ?? '')))
}

function isExtract(option: string): boolean {
  return /^-?[a-zA-Z]*x|^--extract/.test(option)
}

/** Where a command puts a tree of files; null for none, or where a variable decides it. */
function filledBy(
  name: string | null,
  words: ShellCommand['words'],
  value: (word: ShellCommand['words'][number] | undefined) => string | null,
): string | null {
  const after = (option: RegExp): string | null => {
    const at = words.findIndex(({ text }) => option.test(text))
    return at < 0 ? null : value(words[at + 1])
  }
  const told = (option: RegExp): boolean => words.some(({ text }) => option.test(text))
  if (name === 'tar' && isExtract(words[0]?.text ?? ''))
    return told(/^(-C|--directory)$/) ? after(/^(-C|--directory)$/) : '.'
  if (name === 'unzip') return told(/^-d$/) ? after(/^-d$/) : '.'
  const generated = generatedBy(name, words)
  if (generated !== null) return value(generated)
  if (name !== 'git' || words[0]?.value !== 'clone') return null
  const operands = words.slice(1).filter(({ text }) => !text.startsWith('-'))
  const url = operands.findIndex(({ text }) => /:\/\/|^git@/.test(text))
  const target = url < 0 ? undefined : operands[url + 1]
  if (target !== undefined) return value(target)
  const repository = url < 0 ? null : value(operands[url])
  return repository === null ? null : (repository.split('/').at(-1) ?? '').replace(/\.git$/, '')
}

/** The folder that a generator makes a whole application in: `django-admin startproject site [DIR]`; null for none. */
function generatedBy(name: string | null, words: ShellCommand['words']): ShellCommand['words'][number] | null {
  const [verb, ...operands] = words.filter(({ text }) => !text.startsWith('-'))
  const makes =
    (name === 'django-admin' && verb?.value === 'startproject') ||
    (name === 'rails' && verb?.value === 'new') ||
    (name === 'composer' && verb?.value === 'create-project')
  if (!makes) return null
  const [first = null, second = null] = operands
  return name === 'rails' ? first : (second ?? first)
}
