import { unwritablePath } from '../borders/dockerfile.ts'
import { type Step, wholeText } from '../dockerfile/index.ts'
import type { Need, Remark } from '../evidence/claim.ts'
import { escapeEre, escapeReplacement, type FileEdit } from '../evidence/file-edit.ts'
import { userNamed } from '../image/accounts.ts'
import { isInside, isPrivateKey, isSecretPlace, normalisePath, PUBLIC_KEY, parentOf } from '../places.ts'
import { choices } from '../words.ts'
import { type HomePlan, homeSetting, planHome, rootsHome } from './home.ts'
import { type AccountChoice, copyOwner, type HomeMove } from './plan.ts'
import type { PlanContext } from './plan-context.ts'

export interface StageHome extends HomePlan {
  /** What goes from root's home to the user's. */
  readonly moves: readonly HomeMove[]
  /** Of /etc/passwd. */
  readonly fileEdits: readonly FileEdit[]
  /** Keys and passwords, about which a person decides. */
  readonly remarks: readonly Remark[]
}

/**
 * The home of the user: what runs have shown to be found by the home of whoever runs the program goes there with it. Root's home
 * stays the user's where that is impossible, or was in vain.
 */
export function homeFor(context: PlanContext, account: AccountChoice): StageHome {
  const { input, observed, anyUid } = context
  const { facts, observation, stated } = input
  const roots = observation?.home ?? ''
  const credentials = observed.foundByHome.filter(({ path }) => isCredential(path))
  const others = observed.foundByHome.filter((need) => !credentials.includes(need))
  // A program that stops for want of a key does not come to the rest.
  const found = credentials.length === 0 ? others : [...new Map(others.map((need) => [need.path, need])).values()]
  const evidence = found.map((need) => need.evidence)
  const usual = planHome(facts, account, [...observed.inHome, ...evidence], anyUid, stated.homes)
  const home = usual.env.find(({ name }) => name === 'HOME')?.value ?? account.home
  const inOwn = (path: string): string => `${home}${path.slice(roots.length)}`
  const remarks = [...new Set(credentials.map(({ path }) => path))].map((path) => undecided(path, inOwn(path)))
  if (found.length === 0) return { ...usual, moves: [], fileEdits: [], remarks }
  const moves = movesOf(found, context, account, inOwn)
  if (moves === null) return { ...rootsHome(facts, found), moves: [], fileEdits: [], remarks }
  // Where /etc/passwd says it nothing is set: with a HOME of the image root too would look there for its settings.
  const env = usual.env.map(({ value }) => homeSetting(value, "what it looks for in its home was in root's", evidence))
  return { env, needs: usual.needs, moves, fileEdits: inPasswd(context, account, home), remarks }
}

/** A key, or a file that is called as such a file is: nobody but a person gives it to another user. */
function isCredential(path: string): boolean {
  return isSecretPlace(path) || isPrivateKey(path) || (path.endsWith('.pem') && !PUBLIC_KEY.test(path))
}

function undecided(path: string, to: string): Remark {
  return {
    outcome: 'todo',
    transform: 'set-home',
    message: `${path} is not given to the user: it is a key or a password, which the original finds in the home of root`,
    hint: choices(`mount it over ${to} when the container is started`, `let a COPY --chown bring it to ${to}`),
    evidence: [{ source: 'observed', subject: path, detail: 'found by the home of root alone' }],
  }
}

/** An image may grow by no more than this. */
const MOST_BYTES = 1024 * 1024

/** With the folders on the way. Null where they cannot go, or have gone and were still not found. */
function movesOf(
  found: readonly Need[],
  { input, tools, anyUid }: PlanContext,
  account: AccountChoice,
  inOwn: (path: string) => string,
): readonly HomeMove[] | null {
  const { facts, observation, stated, dependents } = input
  const { config } = facts
  const home = observation?.home ?? ''
  if (!facts.files.known || stated.env.some(({ name }) => name === 'HOME')) return null
  const files = facts.files.value
  // A mount stays where it is.
  const mounted = [
    ...config.volumes.flatMap((volume) => normalisePath(volume, config.workdir) ?? []),
    ...(dependents?.runs ?? []).flatMap(({ mounts }) => mounts.map(({ target }) => target)),
  ]
  // A name that the file has not made yet is none to COPY.
  const isToldCopy = !anyUid && !/[^\d:]/.test(copyOwner(account))
  const moves = new Map<string, HomeMove>()
  for (const { path, evidence } of found) {
    const [entry, to] = [files.entry(path), inOwn(path)]
    const isMounted = mounted.some((one) => isInside(path, one) || isInside(one, path))
    // Behind a link lies what is not of root's home.
    const isElsewhere = files.resolve(path) !== path || unwritablePath(path) !== null
    const isMissing = isElsewhere || entry === null || (entry.type === 'directory' && tools.shell === false)
    // What is said for the second time has gone already.
    if (isMissing || isMounted || files.entry(to) !== null || moves.has(path)) return null
    moves.set(path, {
      from: path,
      to,
      entry,
      line: isToldCopy ? lineOf(path, input, inOwn) : null,
      evidence: [evidence],
    })
  }
  const alone = [...moves.values()].filter(({ line }) => line === null)
  if (alone.reduce((bytes, { entry }) => bytes + entry.size, 0) > MOST_BYTES) return null
  for (const { from, evidence } of alone)
    for (let at = parentOf(from); isInside(at, home) && at !== home; at = parentOf(at)) {
      const [entry, to] = [files.entry(at), inOwn(at)]
      if (entry !== null && files.entry(to) === null && !moves.has(at))
        moves.set(at, { from: at, to, entry, line: null, evidence })
    }
  return [...moves.values()].sort((a, b) => (a.to < b.to ? -1 : 1))
}

/** The line of the COPY that brings it, where that can as well bring all of it to another place; null where none can. */
function lineOf(path: string, input: PlanContext['input'], inOwn: (path: string) => string): number | null {
  const { facts, observation, stated } = input
  const { contents, start } = stated.view
  const roots = observation?.home ?? ''
  const places = contents.steps.map(copiedTo)
  const at = places.findLastIndex((place) => place !== null && isInside(path, place))
  const { instruction } = contents.steps[at] ?? {}
  const place = places[at] ?? ''
  if (instruction?.keyword !== 'COPY' || instruction.stage !== input.stage) return null
  if (!place.startsWith(`${roots}/.`) || !PLAIN.test(inOwn(place))) return null
  if (instruction.flags.some(({ name }) => name === 'chown')) return null
  const brought = facts.files.known ? [...facts.files.value.paths()] : []
  // What is looked for by its whole path stays there.
  const stays = (observation?.operations ?? []).flatMap(({ outcome, byHome, path: one }) =>
    outcome === 'refused' && byHome !== true && one !== null && one !== roots ? [one] : [],
  )
  const isKept = (one: string): boolean => isCredential(one) || stays.some((other) => isInside(other, one))
  if (brought.some((one) => isInside(one, place) && isKept(one))) return null
  // The build may read it there.
  const mayRead = (text: string): boolean =>
    /~|\bHOME\b/.test(text) || [roots, ...start.programs].some((name) => text.includes(name))
  const isNamed = contents.steps.some((step, index) => {
    const { keyword, text } = step.instruction
    if (keyword === 'COPY' || keyword === 'ADD') return false
    if (keyword === 'RUN') return index > at && mayRead(wholeText(step.instruction))
    return text.includes(roots) && !(keyword === 'ENV' && /^HOME[= ]/.test(text))
  })
  return isNamed ? null : instruction.line
}

/** Where a COPY or ADD puts what it brings; null for any other instruction, and where that cannot be told. */
function copiedTo({ instruction: { keyword }, words, workdir }: Step): string | null {
  if (keyword !== 'COPY' && keyword !== 'ADD') return null
  return normalisePath(words.at(-1) ?? '', workdir ?? '')
}

/** A word of a COPY as it is. */
const PLAIN = /^[\w./@%+=:,-]+$/

/** A program that asks for its home by its uid finds the one of the account. */
function inPasswd(
  { input: { facts } }: PlanContext,
  { name, creation }: AccountChoice,
  home: string,
): readonly FileEdit[] {
  const user = creation === 'exists' && facts.accounts.known ? userNamed(facts.accounts.value, name) : null
  if (user === null || user.home === home) return []
  const reason = `the home of ${name} is ${home} from now on`
  return [
    {
      path: '/etc/passwd',
      substitutions: [
        {
          pattern: `^(${escapeEre(name)}(:[^:]*){4}:)[^:]*`,
          replacement: `\\1${escapeReplacement(home)}`,
          global: false,
        },
      ],
      reason,
      purpose: 'config',
      evidence: [{ source: 'account', subject: name, detail: reason }],
    },
  ]
}
