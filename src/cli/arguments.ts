import yargs, { type Options as Flag } from 'yargs'
import { HardenError } from '../errors.ts'
import { transports } from '../image/reference.ts'
import { version } from '../report/report.ts'
import { table } from '../table.ts'
import { joinAnd, nearestName } from '../words.ts'
import {
  hardenFlags,
  inspectFlags,
  lspFlags,
  profileFlags,
  proveFlags,
  reviewFlags,
  transformsFlags,
  usernsFlags,
  verifyFlags,
} from './flags.ts'
import { fleetExamples, fleetFlags, fleetRequest } from './fleet-request.ts'
import { type Parsed, type Request, transformsRequest, workRequest } from './request.ts'
import {
  cleanExamples,
  cleanFlags,
  cleanRequest,
  completionExamples,
  completionRequest,
  explainExamples,
  explainRequest,
  initExamples,
  initRequest,
  lspExamples,
  lspRequest,
  pluginExamples,
  pluginRequest,
  profileExamples,
  profileRequest,
  reviewExamples,
  reviewRequest,
  usernsExamples,
  usernsRequest,
  verifyExamples,
  verifyRequest,
} from './verbs.ts'

const verbs = {
  inspect: { summary: 'TARGET: facts, plan and verdict, nothing changed', flags: inspectFlags },
  prove: { summary: 'IMAGE: run it locked down beside its baseline, nothing changed', flags: proveFlags },
  userns: { summary: 'check|plan|apply|revert: remap root of all containers of this host', flags: usernsFlags },
  review: {
    summary: '[TARGET..]: accept and reject changes in a browser, and write what is accepted',
    flags: reviewFlags,
  },
  profile: { summary: 'TARGET: how to run it locked down, for docker, compose or kubernetes', flags: profileFlags },
  lsp: {
    summary: 'show findings in an editor, and hand it the changes, by the Language Server Protocol on stdin and stdout',
    flags: lspFlags,
  },
  fleet: { summary: 'plan|run|merge: many targets on many machines, by any engine of array jobs', flags: fleetFlags },
  verify: {
    summary: 'STATEMENT: check that what was kept of a proof holds for an image; signatures are for cosign to check',
    flags: verifyFlags,
  },
  clean: { summary: '[FOLDER..]: list and remove what killed runs have left', flags: cleanFlags },
  completion: { summary: 'bash|zsh|fish: print what completes its words in a shell', flags: {} },
  init: { summary: '[FOLDER]: write a configuration in which every setting is a comment', flags: {} },
  plugin: { summary: 'install|remove: docker harden, as a plugin of the docker CLI', flags: {} },
  explain: { summary: '[NAME]: what a finding of that name means, and what to do', flags: {} },
  transforms: { summary: 'list what can be done to a Dockerfile', flags: transformsFlags },
} as const

type Verb = keyof typeof verbs

/** Every command with its flags; the default command, which has no name, comes first. */
export const commands: readonly { name: string; summary: string; flags: Readonly<Record<string, Flag>> }[] = [
  {
    name: '',
    summary: 'harden Dockerfiles, projects and images; without a target the folder you are in',
    flags: hardenFlags,
  },
  ...Object.entries(verbs).map(([name, verb]) => ({ name, ...verb })),
]

const examplesOf: Readonly<Record<string, [string, string][]>> = table({
  profile: profileExamples,
  userns: usernsExamples,
  clean: cleanExamples,
  review: reviewExamples,
  fleet: fleetExamples,
  verify: verifyExamples,
  completion: completionExamples,
  init: initExamples,
  lsp: lspExamples,
  plugin: pluginExamples,
  explain: explainExamples,
})

/** Arguments, without node and script, to what they ask for. Throws HardenError `bad-usage`. */
export function parseArguments(argv: readonly string[]): Request {
  checkSwitches(argv)
  const parser = buildParser()
  let print = ''
  let parsed: Parsed = { _: [] }
  try {
    parser.parse([...argv], {}, (_error: unknown, result: unknown, output: string) => {
      print = output
      parsed = result as Parsed
    })
  } catch (error) {
    throw explained(
      error,
      argv.find((word) => !word.startsWith('-')),
    )
  }
  if (print !== '') return { kind: 'print', text: `${print}\n` }
  const [first, ...others] = parsed._.map(String)
  if (!isVerb(first)) return workRequest('harden', parsed, first === undefined ? [] : [first, ...others])
  if (first === 'userns') return usernsRequest(parsed, others)
  if (first === 'verify') return verifyRequest(parsed, others)
  if (first === 'completion') return completionRequest(others)
  if (first === 'init') return initRequest(others)
  if (first === 'lsp') return lspRequest(parsed, others)
  if (first === 'plugin') return pluginRequest(others)
  if (first === 'explain') return explainRequest(others)
  if (first === 'clean') return cleanRequest(parsed, others)
  if (first === 'fleet') return fleetRequest(parsed, others)
  if (first === 'review') return reviewRequest(parsed, others)
  if (first === 'profile') return profileRequest(parsed, others)
  return first === 'transforms' ? transformsRequest(parsed, others) : workRequest(first, parsed, others)
}

/** The command line, or one verb of it, as help, manual and completion show it. */
export interface CommandHelp {
  /** Null for the command without a verb. */
  readonly name: string | null
  /** What it takes and does; '' without a verb. */
  readonly summary: string
  readonly flags: Readonly<Record<string, Flag>>
  readonly examples: readonly (readonly [string, string])[]
}

/** Every command, and what the help says below it. */
export function commandHelp(): {
  readonly commands: readonly CommandHelp[]
  readonly intro: string
  readonly epilogue: string
} {
  const own = Object.entries(verbs).map(([name, { summary, flags }]) => ({
    name,
    summary,
    flags,
    examples: examplesOf[name] ?? [],
  }))
  return {
    commands: [{ name: null, summary: '', flags: hardenFlags, examples: examples() }, ...own],
    intro,
    epilogue,
  }
}

const intro =
  'Rewrites Dockerfiles so that their containers do not run as root. A target is a Dockerfile,\na folder of them, a Compose project, an image, or - for stdin; without one it is the folder you are in.'

function buildParser() {
  const parser = yargs()
    .scriptName('harden-image')
    .locale('en')
    .parserConfiguration({
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    // Positionals are read from `_`: named ones lose a lone `-`, which means stdin here.
    .command('$0', false, (command) => command.options(hardenFlags).example(examples()).epilogue(epilogue))
    .usage(`$0 [targets..]\n\n${intro}`)
  for (const [name, { summary, flags }] of Object.entries(verbs)) {
    parser.command(name, summary, (command) =>
      command
        .usage(`$0 ${name} ${summary}`)
        .options(flags)
        .example(examplesOf[name] ?? []),
    )
  }
  return parser.strictOptions().exitProcess(false).fail(false).help().alias('help', 'h').version(version).wrap(100)
}

function examples(): [string, string][] {
  return [
    ['$0 Dockerfile | git apply', 'one file, after a look at the diff'],
    ['$0 --check .', 'in CI: is there anything left to do?'],
    ['$0 --check --format sarif .', 'the same for code scanning'],
    ['$0 -w services/', 'every Dockerfile below, in place'],
    ['$0 --check --since origin/main .', 'what a branch has changed; --baseline FILE: and only what is new'],
    ['$0 -w --prove --resume .', 'go on where the same command without --resume was ended'],
    ['$0 -v services/api', 'all that is known of it, with the evidence'],
    ['$0 --comments none Dockerfile', 'the steps without the reasons above them'],
    ['$0 -w --with-manifests services/api', 'with the Compose files and manifests that run its image'],
    [
      'title=$($0 -w --pr-title --pr-body /tmp/body.md --fail-on failed .)',
      'for a pull request; exit code 0 with todos too',
    ],
    ['$0 -i services/', 'the same, asked for each change; review does so in a browser'],
    ['$0 compose.yaml --prove -w', 'a whole Compose project: its Dockerfiles, images and files together'],
    ['$0 nginx:latest > Dockerfile', 'a non-root image of an image'],
    ['$0 nginx:latest -o nginx/ --prove', 'and run it beside the original'],
    ['$0 --prove --trust-config .', 'your own repository: its checks may run commands here'],
    ['$0 docker-archive:app.tar > Dockerfile', 'the same of what docker save wrote'],
  ]
}

const epilogue = [
  `A target that exists as a path is a path, else an image, named with its tag; ${joinAnd(Object.values(transports))}, each with :NAME where there are several, say outright where it is. A file or folder that is named like a verb is written with ./ before it.`,
  'Exit codes: 0 nothing left to do; 1 findings remain, a check would change something, or a proof failed; 2 cannot work: a wrong flag, a target that cannot be read, no engine where one is required. --fail-on says which of them count.',
].join('\n\n')

/** yargs takes whatever is no `true` for false: `--check=yes` would check nothing. */
function checkSwitches(argv: readonly string[]): void {
  const end = argv.indexOf('--')
  for (const word of end < 0 ? argv : argv.slice(0, end)) {
    const [, name = '', value = ''] = /^--([\w-]+)=(.*)$/s.exec(word) ?? []
    if (!switches.has(name.replace(/^no-/, '')) || value === 'true' || value === 'false') continue
    throw new HardenError('bad-usage', `--${name} takes no value, but got ${JSON.stringify(value)}`, {
      hint: `leave it out, or write --${name}=true or --${name}=false`,
    })
  }
}

const switches: ReadonlySet<string> = new Set(
  Object.values(verbs)
    .flatMap(({ flags }): [string, Flag][] => Object.entries(flags))
    .concat(Object.entries(hardenFlags))
    .flatMap(([name, { type }]) => (type === 'boolean' ? [name] : [])),
)

/** Flags of other tools, by their name here. */
const meantByOthers: Readonly<Record<string, string>> = table({
  'dry-run': 'without -w nothing is written',
  fix: '-w changes Dockerfiles in place',
  json: '--format json',
  sarif: '--format sarif',
})

function explained(error: unknown, verb: string | undefined): unknown {
  if (!(error instanceof Error)) return error
  const own = isVerb(verb) ? verb : null
  const hint = `harden-image ${own === null ? '' : `${own} `}--help lists the flags`
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(error.message)?.[1]
  if (unknown !== undefined) {
    const flags: Readonly<Record<string, Flag>> = own === null ? hardenFlags : verbs[own].flags
    const isElsewhere = Object.entries(hardenFlags).some(
      ([name, flag]: [string, Flag]) => name === unknown || flag.alias === unknown,
    )
    if (own !== null && isElsewhere)
      return new HardenError('bad-usage', `${own} has no flag ${dashed(unknown)}`, { hint })
    const meant = nearestName(unknown, Object.keys(flags))
    const other = meantByOthers[unknown] ?? (unknown.length > 1 && meant !== null ? `did you mean --${meant}?` : hint)
    return new HardenError('bad-usage', `there is no flag ${dashed(unknown)}`, { hint: other })
  }
  const bare = /^Not enough arguments following: (.+)$/.exec(error.message)?.[1]
  if (bare !== undefined) return new HardenError('bad-usage', `${dashed(bare)} needs a value`, { hint })
  return error.name === 'YError' ? new HardenError('bad-usage', error.message, { hint }) : error
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`
}

/** The verb that a word was most likely meant for. */
export function nearestVerb(text: string): string | null {
  const begun = text.length < 3 ? [] : Object.keys(verbs).filter((verb) => verb.startsWith(text))
  return begun.length === 1 ? (begun[0] ?? null) : nearestName(text, Object.keys(verbs))
}

function isVerb(text: string | undefined): text is Verb {
  return text !== undefined && Object.hasOwn(verbs, text)
}
