import type { ProgramRule } from '../../catalogue/program.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import { programThatNeedsRoot, type RootProgram } from '../image/root-program.ts'
import { memoizeByObject } from '../memoize.ts'
import { nameOf } from '../path.ts'
import { argvOf, asWords, type Command, invocationsIn, programsOf } from '../shell/index.ts'
import type { Launch } from '../start/step-down.ts'
import type { StageView } from './provider.ts'
import type { Vendor } from './vendor.ts'

/** A started or running program that is listed as one that only root can run. */
export function rootProgram(
  { facts, own, contents: { brought }, stepDowns }: StageView,
  programs: readonly ProgramRule[],
  /** Names of the processes that a run has shown. */
  seen: readonly string[],
): Vendor['needsRoot'] {
  const isAside = (found: RootProgram): boolean => asideOf(found, stepDowns.launches, programs, facts) !== null
  // A file of the build context that only bears the name: what the rule tells the program by does not come with it.
  const isNamesake = ({ rule: { onlyWithFile } }: RootProgram, words: readonly string[]): boolean =>
    onlyWithFile !== undefined && own.entry(onlyWithFile) === null && words.some((word) => brought.has(word))
  for (const program of new Set([...programsOf(facts.config), ...seen])) {
    const words = wordsOf(program, facts.config)
    const named = programThatNeedsRoot(programs, [program], words, hasFile(facts), filesOf(facts))
    if (named !== null && !isAside(named) && !isNamesake(named, words.slice(0, 1))) return need(named, '', facts)
  }
  // The last command of a script is the service; those before it prepare for it.
  for (const launch of stepDowns.launches.toReversed()) {
    const found = launch.conditional ? null : launched(launch, programs, facts)
    if (found !== null && !isAside(found)) return need(found, placeOf(launch), facts)
  }
  return ownerOfArguments(stepDowns, own)
}

/** A program for root that a script starts beside its service, which does its work without it. */
interface Aside extends NonNullable<Vendor['needsRoot']> {
  readonly path: string | null
  /** The program that the script ends in. */
  readonly service: string
}

/** All that every start comes to. */
export function rootProgramsAside(
  { facts, stepDowns: { launches } }: Pick<StageView, 'facts' | 'stepDowns'>,
  programs: readonly ProgramRule[],
): readonly Aside[] {
  const found = launches.flatMap((launch) => {
    const one = launch.conditional ? null : launched(launch, programs, facts)
    return one === null ? [] : (asideOf(one, launches, programs, facts) ?? [])
  })
  return [...new Map(found.map((one) => [one.reason, one])).values()]
}

/** Null where it is the service itself, or nothing shows that there is another one. */
function asideOf(
  found: RootProgram,
  launches: readonly Launch[],
  programs: readonly ProgramRule[],
  facts: ImageFacts,
): Aside | null {
  if (found.rule.aside !== true) return null
  const at = launches.find((launch) => !launch.conditional && launched(launch, programs, facts)?.rule === found.rule)
  const service = launches.find(
    ({ path, line, isLast, words: [program = ''] }) =>
      at !== undefined && path === at.path && line > at.line && isLast === true && !WAITS.test(nameOf(program)),
  )
  if (at === undefined || service === undefined || launched(service, programs, facts) !== null) return null
  return { ...need(found, placeOf(at), facts), path: at.path, service: nameOf(service.words[0] ?? '') }
}

/** Does no work of its own. */
const WAITS = /^(?:tail|sleep|wait|cat|sh|bash|)$/

/** Commands that a script may run beside its one task. */
const ASIDE = /^(?:echo|printf|stat|test|\[|shift|set|find|xargs|ls|id|cd|exit|true|chown|chgrp|chmod)$/

/** `exec "$@"`, and a line or branch that begins with a variable. */
function startsWords(text: string): boolean {
  return text
    .split(/[\n;&|]/)
    .some((part) => /^["']?\$[@*{\w]/.test(part.trim().replace(/^(?:then|do|else|exec) /, '')))
}

/** A script that only changes the owner or mode of its arguments: without root it has no purpose. */
function ownerOfArguments(
  { actions, started, launches, scripts }: StageView['stepDowns'],
  files: FileModel,
): Vendor['needsRoot'] {
  const [path] = scripts
  const work = actions.filter(({ action, script }) => /^(?:chown|chgrp|chmod)$/.test(action) && script === path)
  const found = work.find(({ dynamic, paths, action }) => dynamic && paths.length === 0 && action !== 'chmod')
  const isAll =
    started.every(({ program }) => ASIDE.test(program)) &&
    launches.every(({ words: [word = ''] }) => ASIDE.test(nameOf(word)))
  if (path === undefined || found === undefined || !isAll || work.length < actions.length) return null
  if (startsWords(files.text(path) ?? '')) return null
  return {
    reason: `${nameOf(path)} (${path} line ${found.line}) gives files to others, and does nothing else`,
    hint: '',
    capabilities: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'],
  }
}

/** The program's own words, where the command shows them: `strace -t sshd` is no `sshd -t`. */
function wordsOf(program: string, config: Command): readonly string[] {
  return wordsByName(config).get(nameOf(program)) ?? argvOf(config)
}

const wordsByName = memoizeByObject((config: Command): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, readonly string[]>()
  for (const argv of [argvOf(config), config.cmd ?? []])
    for (const { words } of invocationsIn(asWords(argv))) {
      const own = words.map(({ value }) => value ?? '')
      const name = nameOf(own[0] ?? '')
      if (!found.has(name)) found.set(name, own)
    }
  return found
})

/** Such programs that a start script reaches only under a condition: nobody has seen whether it does. */
export function conditionalRootPrograms(
  facts: ImageFacts,
  { launches }: Pick<StageView['stepDowns'], 'launches'>,
  programs: readonly ProgramRule[],
): readonly { readonly path: string | null; readonly reason: string }[] {
  const found = new Map<string, { readonly path: string | null; readonly reason: string }>()
  for (const launch of launches) {
    const one = launch.conditional ? launched(launch, programs, facts) : null
    if (one !== null && !found.has(one.rule.reason))
      found.set(one.rule.reason, { path: launch.path, reason: need(one, placeOf(launch), facts).reason })
  }
  return [...found.values()]
}

function launched({ words }: Launch, programs: readonly ProgramRule[], facts: ImageFacts): RootProgram | null {
  return programThatNeedsRoot(programs, [nameOf(words[0] ?? '')], words, hasFile(facts), filesOf(facts))
}

function placeOf({ path, line }: Launch): string {
  return path === null ? '' : ` (${path} line ${line})`
}

function filesOf({ files }: ImageFacts): FileModel | null {
  return files.known ? files.value : null
}

function hasFile({ files }: ImageFacts): ((path: string) => boolean) | null {
  return files.known ? (path) => files.value.exists(path) : null
}

function need({ rule, program }: RootProgram, place: string, { files }: ImageFacts): NonNullable<Vendor['needsRoot']> {
  const twin = rule.rootlessTwin === undefined ? [] : [`${rule.rootlessTwin} does the same without root`]
  const guess = rule.onlyWithFile !== undefined && !files.known ? ' (as its name says; its files are not known)' : ''
  return {
    reason: `${program}${place} ${rule.reason}${guess}`,
    hint: [...twin, rule.advice].filter((part) => part !== '').join('; '),
    capabilities: rule.capabilities,
  }
}
