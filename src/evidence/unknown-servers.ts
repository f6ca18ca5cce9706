import { knownPrograms } from '../../catalogue/known-programs.ts'
import { argvOf, isInterpreter, programsOf } from '../command/index.ts'
import type { StageContents } from '../contents/stage-contents.ts'
import { shellCommands, wholeText } from '../dockerfile/index.ts'
import type { ImageConfig, ImageFacts } from '../image/facts.ts'
import { memoizeByObject } from '../memoize.ts'
import { baseName, isInside, normalisePath } from '../places.ts'
import type { Gap } from './coverage.ts'
import { escapeEre } from './file-edit.ts'
import { builtHere } from './packages.ts'
import type { Catalogue, StageView } from './provider.ts'
import { type InstalledPackage, isOneOf, startedByRules, writesOf } from './servers.ts'

/** Each server once, by what is known best: the package that brings it, else where it seems to be from. */
export function unknownServers(view: StageView, catalogue: Catalogue): readonly Gap[] {
  const packaged = [...unlistedDaemons(view), ...unnamedDaemons(view)]
  const unseen = view.facts.files.known ? [] : unseenServers(view, catalogue)
  return [...packaged, ...unseen.filter(({ subject }) => packaged.every((gap) => gap.subject !== subject))]
}

/**
 * A server that a distribution's package brings, of which no rule tells what it writes and which of its files the package
 * closes to all but an account of its own. Only those whose port is said are meant: the rest are jobs and tools.
 */
function unlistedDaemons(view: StageView): readonly Gap[] {
  if (!isServer(view)) return []
  const known = knownServers(view)
  return [...new Set(standingPrograms(view))].flatMap((program): readonly Gap[] => {
    if (known.includes(program) || isInterpreter(program) || isOneOf(knownPrograms.noServers, program)) return []
    const found = view.installed.find(({ name }) => isNamedAlike(name, program.replace(/^in\./, '')))
    return found === undefined ? [] : [unknownWrites(program, `${program} of package ${found.name}`, [found])]
  })
}

function isServer({ facts }: StageView): boolean {
  return facts.config.exposedPorts.length > 0
}

function knownServers({ start, servers }: StageView): readonly string[] {
  return startedByRules(start.programs, servers)
}

function unknownWrites(subject: string, what: string, packages: readonly InstalledPackage[]): Gap {
  return {
    subject,
    message: `what ${what} writes, and which of its files are closed to others, is unknown before the build`,
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
 * known.
 */
function unseenServers(view: StageView, { packages: rules, programs, workingFolder }: Catalogue): readonly Gap[] {
  const { listed, installed, contents, start, facts } = view
  if (listed) return []
  const { reference, os } = facts
  const known = [
    ...knownServers(view),
    ...workingFolder.flatMap((rule) => rule.programs),
    ...builtHere(view, programs).map(({ program }) => program),
  ]
  const writes = writesOf(rules)
  const prepared = isPrepared(contents, facts)
  return [...new Set(start.programs)].flatMap((program): readonly Gap[] => {
    if (known.includes(program) || !writes(program)) return []
    const found = installed.find(({ name }) => name.startsWith(`${program}-`))
    const isInstalled = installed.some(({ name }) => isNamedAlike(name, program))
    if (found === undefined && os.known && (prepared || isInstalled)) return []
    const { from, detail } = originOf(program, found, { reference, os })
    return [
      {
        subject: program,
        message: `what ${program}${from} writes, and where, is unknown before the build`,
        about: found === undefined ? 'FROM' : 'RUN',
        evidence: [{ source: 'packages', subject: found?.name ?? reference, detail }],
      },
    ]
  })
}

/** Somebody thought of who writes where: a folder is handed over, or is a volume; busybox writes nothing. */
function isPrepared({ actions, entries }: StageContents, { config, os }: ImageFacts): boolean {
  return (
    (os.known && os.value.id === 'busybox') ||
    config.volumes.length > 0 ||
    actions.some(({ tool }) => tool === 'chown') ||
    [...entries.values()].some(({ uid }) => uid !== 0)
  )
}

/** Where a server is from, as a report says it; `found`: a package of another name. */
function originOf(
  program: string,
  found: InstalledPackage | undefined,
  { reference, os }: Pick<ImageFacts, 'reference' | 'os'>,
): { readonly from: string; readonly detail: string } {
  if (found !== undefined)
    return { from: ` of package ${found.name}`, detail: `package ${found.name} (line ${found.line})` }
  if (os.known) return { from: '', detail: `no package installed here provides ${program}` }
  return { from: ` of ${reference}`, detail: 'it was not inspected' }
}

/** Programs that are started for their own sake: not only for what they make of a file or a pipe. */
function standingPrograms({ start: { programs, launches }, started }: StageView): readonly string[] {
  const said = programsOf(started)
  return programs.filter((program) => {
    const own = launches.filter(({ words: [word = ''] }) => baseName(word) === program)
    return own.length === 0 || said.includes(program) || own.some(({ filter }) => filter !== true)
  })
}

function isNamedAlike(name: string, program: string): boolean {
  const plain = program.replaceAll('_', '-')
  const stems = [name, name.replace(/-(server|daemon|hpa|bin)$|(?<!\d)\d+$/, '')]
  if (knownPrograms.packages.some((known) => known.program === program && new RegExp(known.package).test(name)))
    return true
  return stems.some(
    (each) =>
      each === plain ||
      `${each}d` === plain ||
      each === plain.replace(/(?:-|(?<![-\d]))\d+$/, '') ||
      each === plain.replace(/-(server|daemon|send)$/, ''),
  )
}

/** Where no package of a distribution puts a program. */
const ELSEWHERE = /^(?!\/(usr\/)?(s?bin|lib|libexec|games)\/).*\//

/**
 * A server that a bare distribution can only have from one of the packages that are installed in here, whatever it is
 * called: `upsd` is nut-server's. None where one of the programs is known, or something else than a package may bring it.
 */
function unnamedDaemons(view: StageView): readonly Gap[] {
  const { installed: packages, entry, start, started, contents } = view
  if (!isServer(view) || entry?.class !== 'os-base') return []
  const { entries, copies, steps } = contents
  const programs = standingPrograms(view)
  const known = knownServers(view)
  if (packages.length === 0 || programs.some((program) => isIdentified(program, known, packages))) return []
  const words = [...argvOf(started), ...start.launches.flatMap((launch) => launch.words)].flatMap((word) =>
    word.split(/\s+/),
  )
  const files = [...entries].flatMap(([path, { type }]) => (type === 'directory' ? [] : [path]))
  const elsewhere = new Set([...files, ...words.filter((word) => ELSEWHERE.test(word))].map(baseName))
  const others = programs.filter(
    (program) =>
      !isOneOf(knownPrograms.distribution, program) &&
      !isOneOf(knownPrograms.noServers, program) &&
      !isInterpreter(program) &&
      !elsewhere.has(program),
  )
  const program = others.at(-1)
  if (program === undefined || program === '' || copies.some(({ seen }) => !seen) || isBuilt(steps)) return []
  return [unknownWrites(program, program, packages)]
}

function isIdentified(program: string, known: readonly string[], packages: readonly InstalledPackage[]): boolean {
  return known.includes(program) || packages.some(({ name }) => isNamedAlike(name, program.replace(/^in\./, '')))
}

function isBuilt(steps: StageContents['steps']): boolean {
  return steps.some(({ instruction, shell }) => {
    if (instruction.keyword !== 'RUN') return false
    const script = shellCommands(instruction, shell)
    return (
      script.kind !== 'parsed' ||
      script.commands.some(({ name }) => name !== null && isOneOf(knownPrograms.builders, baseName(name)))
    )
  })
}

/**
 * Whether the stage itself shows what it starts: it brings the program, names it where it installs one, or brings what an interpreter
 * or a runner is told to run. False where all of it lies in a base image; of one that nobody has seen nothing is known then.
 */
export function showsProgram(view: StageView): boolean {
  const { contents, start, started, installed } = view
  const { copies, entries, texts, steps } = contents
  const heads = programsOf(started)
  if (heads.length === 0 || start.scripts.length > 0) return true
  const files = new Set([...entries].flatMap(([path, { type }]) => (type === 'directory' ? [] : [baseName(path)])))
  const runs = steps.flatMap(({ instruction }) => (instruction.keyword === 'RUN' ? [wholeText(instruction)] : []))
  const dependencies = [...texts].flatMap(([path, text]) => (DEPENDENCIES.test(baseName(path)) ? [text] : []))
  // Where it goes to may not be known, as `.` in the working folder of the base image.
  const brought = steps.flatMap(({ instruction: { keyword }, words }) =>
    keyword === 'COPY' || keyword === 'ADD' ? words.flatMap((word) => word ?? []) : [],
  )
  const isNamed = (word: string): boolean => {
    const pattern = new RegExp(String.raw`(?<![\w.-])${escapeEre(word)}(?![\w-])`)
    return [...runs, ...dependencies].some((text) => pattern.test(text))
  }
  const isBrought = (word: string): boolean => {
    const name = baseName(word)
    const path = normalisePath(word, started.workdir)
    return (
      files.has(name) ||
      installed.some((one) => isNamedAlike(one.name, name)) ||
      brought.some((one) => baseName(one) === name || (one === '.' && !word.startsWith('/'))) ||
      (path !== null && copies.some(({ destination, seen }) => !seen && isInside(path, destination))) ||
      (name.length > 2 && isNamed(name))
    )
  }
  const words = wordsOf(started)
  return heads.some((head) => {
    if (isInterpreter(head) || RUNNER.test(head)) return brought.length > 0 || words.slice(1).some(isBrought)
    return isBrought(words.find((word) => baseName(word) === head) ?? head)
  })
}

interface ProgramCopies {
  /** Where the program is, as far as its command says; it may be looked for in PATH instead. */
  readonly path: string | null
  /** Its command names a folder. */
  readonly isPlaced: boolean
  readonly all: readonly {
    /** Null for one that copies from the build context or from a stage. */
    readonly image: string | null
    readonly isOfStage: boolean
    /** One of its sources is called like the program. */
    readonly isNamed: boolean
    readonly target: string | null
    readonly line: number
  }[]
}

/** All COPY instructions, by how they may bring a program that is started. */
export function copiesOf(
  program: string,
  { contents: { steps, copies }, started }: Pick<StageView, 'contents' | 'started'>,
): ProgramCopies {
  const word = wordsOf(started).find((one) => baseName(one) === program) ?? program
  return {
    path: normalisePath(word, started.workdir),
    isPlaced: word.includes('/'),
    all: steps.flatMap(({ instruction: { keyword, flags, line }, words }) => {
      if (keyword !== 'COPY') return []
      const from = flags.find(({ name }) => name === 'from')?.value ?? ''
      const image = copies.find((copy) => copy.line === line)?.image ?? null
      return [
        {
          image,
          isOfStage: from !== '' && image === null,
          isNamed: words.slice(0, -1).some((source) => baseName(source ?? '') === program),
          target: normalisePath(words.at(-1) ?? '', started.workdir),
          line,
        },
      ]
    }),
  }
}

const wordsOf = memoizeByObject((config: ImageConfig): readonly string[] =>
  argvOf(config).flatMap((word) => word.split(/\s+/)),
)

/** What it starts is a file that COPY puts there, of the build context or of another stage: it asks little of the base image. */
export function bringsProgram(view: Pick<StageView, 'contents' | 'start' | 'started'>): boolean {
  const [name = ''] = programsOf(view.started)
  if (name === '' || view.start.scripts.length > 0 || isInterpreter(name) || RUNNER.test(name)) return false
  const { path, isPlaced, all } = copiesOf(name, view)
  return all.some(({ image, isOfStage, isNamed, target }) => {
    const isBelow = isOfStage && isPlaced && target !== null && path !== null && isInside(path, target)
    return image === null && (isBelow || isNamed)
  })
}

/** What runs an application that lies beside it, and comes with its dependencies or with the language. */
const RUNNER =
  /^(npm|npx|yarn|pnpm|corepack|pm2|pm2-runtime|nodemon|ts-node|tsx|next|nuxt|nest|gunicorn|uvicorn|hypercorn|daphne|waitress-serve|flask|django-admin|celery|streamlit|jupyter|poetry|pipenv|uv|hatch|pdm|bundle|rails|rackup|puma|unicorn|rake|mix|mvn|gradle|gradlew|sbt|cargo|make|composer|artisan|spark-submit|catalina\.sh|apachectl|apache2-foreground|php-fpm)$/
/** Files that list what an application is installed with. */
const DEPENDENCIES =
  /^(requirements.*\.(txt|in)|pyproject\.toml|Pipfile|setup\.(py|cfg)|environment\.ya?ml|package\.json|Gemfile|mix\.exs|composer\.json)$/
