import { copyPaths, shellWord } from '../src/borders/dockerfile.ts'
import type { Dockerfile, Instruction, Stage } from '../src/dockerfile/model.ts'
import type { Edit } from '../src/edit.ts'
import { parentOf } from '../src/places.ts'
import { type AccountChoice, copyOwner, decided, type Grant, type HomeMove, type StagePlan } from '../src/plan/plan.ts'
import type { Finding, Transform } from '../src/transform.ts'
import { choices } from '../src/words.ts'
import { type CommandParts, insertEnv, keyword, reason, runStep } from './edits/lines.ts'
import { chownOf, insertLines, placeBefore, placeOf } from './edits/placement.ts'
import { grantCommands } from './own-writable-paths.ts'
import { originOf } from './paths/origin.ts'
import { copiedTo, stepsOf } from './paths/steps.ts'
import { ownerFlags } from './paths/with-copy.ts'

export const setHome: Transform = {
  name: 'set-home',
  summary:
    'Point HOME to a folder that the user can enter and write, and bring there what was found in the home of root.',
  needs: ['prefer-vendor', 'build-as-root', 'create-user'],
  *run(dockerfile, { stage, plan }) {
    if (plan.account !== null) yield* movedHome(dockerfile, stage, plan, plan.account)
    for (const setting of decided(plan, 'set-env')) {
      if (setting.name !== 'HOME') continue
      yield {
        outcome: 'fixed',
        line: stage.from.line,
        column: stage.from.column,
        message: `HOME=${setting.value}: ${setting.reason}`,
        evidence: setting.evidence,
        // Never where the stage's own ENV stands: the build's root would fill the user's home before the account is made.
        edits: [insertEnv(dockerfile, stage, setting)],
      }
    }
  },
}

const WHY = 'found by the home of whoever runs it'

/** By the COPY that brings it, else by a step that copies it as it is. */
function* movedHome(dockerfile: Dockerfile, stage: Stage, plan: StagePlan, account: AccountChoice): Iterable<Finding> {
  const moves = decided(plan, 'move-home')
  for (const copy of stage.instructions) {
    const own = moves.filter(({ line }) => line === copy.line)
    if (own.length > 0) yield { ...moved(own, copy), edits: toldPlace(dockerfile, stage, copy, own, account) }
  }
  const left = moves.filter(({ line }) => line === null)
  if (left.length === 0) return
  const lines =
    plan.tools.shell === false
      ? withCopies(dockerfile, stage, left, plan, account)
      : withRun(dockerfile, left, plan, account)
  if (lines === null) {
    const hint = choices(
      ...left.map(({ to }) => `let a COPY --chown bring it to ${to}`).slice(0, 1),
      'name another place',
    )
    yield { ...moved(left, stage.from), outcome: 'todo', hint, edits: [] }
    return
  }
  const place = placeOf(dockerfile, stage, plan.end, 'move-home')
  yield { ...moved(left, stage.from), edits: [insertLines(dockerfile, place, [...reason(WHY), ...lines])] }
}

function moved(moves: readonly HomeMove[], { line, column }: Instruction): Omit<Finding, 'edits'> {
  const message = `moves ${moves.map(({ from, to }) => `${from} to ${to}`).join(', ')}: ${WHY}`
  return { outcome: 'fixed', line, column, message, evidence: moves.flatMap(({ evidence }) => evidence) }
}

/** The COPY says the place in the home of the user, and its owner, which the folders on the way get as well. */
function toldPlace(
  dockerfile: Dockerfile,
  stage: Stage,
  copy: Instruction,
  [move]: readonly HomeMove[],
  account: AccountChoice,
): readonly Edit[] {
  const step = stepsOf(dockerfile, stage).find(({ instruction }) => instruction === copy)
  const place = step === undefined ? null : copiedTo(step)
  const target = copy.json?.at(-1) ?? copy.words.at(-1)
  if (move === undefined || place === null || target === undefined) return []
  // What is below the place has the same names in both homes.
  const to = move.to.slice(0, move.to.length - move.from.length + place.length)
  const text = target.value.endsWith('/') ? `${to}/` : to
  return [
    insertLines(dockerfile, placeBefore(dockerfile, stage, copy), reason(WHY)),
    chownOf(copy, copyOwner(account)),
    { ...target.span, text: copy.json === null ? text : JSON.stringify(text) },
  ]
}

function grantOf({ to, entry, evidence }: HomeMove, { anyUid }: StagePlan): Grant {
  const isFolder = entry.type === 'directory'
  return {
    path: to,
    kind: isFolder ? 'create-directory' : 'own-file',
    ...(isFolder && entry.mode !== 0o755 ? { mode: entry.mode } : {}),
    ...(anyUid ? { groupAsOwner: true } : {}),
    ...(isFolder ? {} : { file: entry }),
    evidence,
  }
}

function withRun(
  dockerfile: Dockerfile,
  moves: readonly HomeMove[],
  plan: StagePlan,
  account: AccountChoice,
): readonly string[] {
  const byFolder = new Map<string, HomeMove[]>()
  for (const move of moves)
    if (move.entry.type !== 'directory')
      byFolder.set(parentOf(move.to), [...(byFolder.get(parentOf(move.to)) ?? []), move])
  const copies = [...byFolder].map(([folder, files]): CommandParts => {
    const [file, ...others] = files
    const into = others.length === 0 && file !== undefined ? file.to : `${folder}/`
    return ['cp -p', ...files.map(({ from }) => shellWord(from)), shellWord(into)]
  })
  const grants = moves.map((move) => grantOf(move, plan))
  const owned = grantCommands(grants, account, shellWord, plan.tools.commands)
  const made = owned.findLastIndex(([head = '']) => /^(?:mkdir|install)\b/.test(head)) + 1
  return runStep(dockerfile, [...owned.slice(0, made), ...copies, ...owned.slice(made)])
}

/** Without a shell they come once more from where they came; null where nobody knows where that is. */
function withCopies(
  dockerfile: Dockerfile,
  stage: Stage,
  moves: readonly HomeMove[],
  plan: StagePlan,
  account: AccountChoice,
): readonly string[] | null {
  const lines = moves
    // COPY makes the folders on the way.
    .filter(({ entry }) => entry.type !== 'directory')
    .map((move) => {
      const { from = null, source = null } = originOf(dockerfile, stage, move.from) ?? {}
      const flags = ownerFlags(grantOf(move, plan), account)
      if (source === null || flags === null) return null
      const paths = copyPaths(source, move.to, dockerfile.escape)
      return [keyword(dockerfile, 'COPY'), ...(from === null ? [] : [`--from=${from}`]), flags, paths].join(' ')
    })
  return lines.every((line) => line !== null) ? lines : null
}
