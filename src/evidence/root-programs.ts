import type { ProgramRule } from '../../catalogue/program.ts'
import { argvOf, asWords, type Command, invocationsIn, programsOf } from '../command/index.ts'
import type { ImageFacts } from '../image/facts.ts'
import type { FileModel } from '../image/file-model.ts'
import { programThatNeedsRoot, type RootProgram } from '../image/root-program.ts'
import type { Launch } from '../image/step-down.ts'
import { memoizeByObject } from '../memoize.ts'
import { nameOf } from '../path.ts'
import type { Provider, StageView } from './provider.ts'
import type { Vendor } from './vendor.ts'

/** A program that is started or was seen running, and is listed as one that only root can run. */
export function rootProgram(
  { facts, own, stepDowns }: StageView,
  programs: readonly ProgramRule[],
  /** Names of the processes that a run has shown. */
  seen: readonly string[],
): Vendor['needsRoot'] {
  for (const program of new Set([...programsOf(facts.config), ...seen])) {
    const named = programThatNeedsRoot(
      programs,
      [program],
      wordsOf(program, facts.config),
      hasFile(facts),
      filesOf(facts),
    )
    if (named !== null) return need(named, '', facts)
  }
  // What a script comes to last is the service, what it does before prepares the way for it.
  for (const launch of stepDowns.launches.toReversed()) {
    const found = launch.conditional ? null : launched(launch, programs, facts)
    if (found !== null) return need(found, placeOf(launch), facts)
  }
  return ownerOfArguments(stepDowns, own)
}

/** What a script may do beside its one work. */
const ASIDE = /^(?:echo|printf|stat|test|\[|shift|set|find|xargs|ls|id|cd|exit|true|chown|chgrp|chmod)$/

/** `exec "$@"`, and a line or branch that begins with a variable. */
function startsWords(text: string): boolean {
  return text
    .split(/[\n;&|]/)
    .some((part) => /^["']?\$[@*{\w]/.test(part.trim().replace(/^(?:then|do|else|exec) /, '')))
}

/** A script that gives away, or opens, what its arguments name, and does nothing else: without root it has no purpose. */
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

/** Its own words, where the command shows which these are: `strace -t sshd` is no `sshd -t`. */
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

/** Such programs that a start script comes to in some cases only: nobody has seen whether it does. */
export const rootPrograms: Provider = {
  name: 'root-programs',
  summary: 'programs that only root can run, and that a script starts in some cases only',
  when: 'before-run',
  *claims({ facts, stepDowns: { launches, scripts, programs: started } }, { programs }) {
    const said = new Set<string>()
    // What supervisord does not start by itself a script lets it start.
    const isLetStart = ({ path }: Launch): boolean =>
      started.includes('supervisorctl') && path !== null && !scripts.includes(path)
    for (const launch of launches) {
      const found = launch.conditional ? launched(launch, programs, facts) : null
      if (found === null || said.has(found.rule.reason)) continue
      said.add(found.rule.reason)
      const { reason, hint } = need(found, placeOf(launch), facts)
      const detail = launch.words.join(' ').trim()
      yield {
        kind: 'remark',
        outcome: isLetStart(launch) ? 'todo' : 'note',
        transform: 'report-remarks',
        message: `what is started in some cases needs root: ${reason}`,
        hint,
        evidence: [{ source: 'declared', subject: launch.path ?? 'the command', detail }],
      }
    }
  },
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
