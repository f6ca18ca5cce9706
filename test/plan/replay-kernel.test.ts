// The real kernel as the judge of the replay: what it calls possible is, and what it grants is enough.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from '@jest/globals'
import fc from 'fast-check'
import type { Need } from '../../src/evidence/claim.ts'
import type { Identity } from '../../src/image/file-model.ts'
import { type Grantee, identityOf } from '../../src/plan/replay/own.ts'
import { replay } from '../../src/plan/replay.ts'
import { grantCommands } from '../../transforms/own-writable-paths.ts'
import { arbitraryNode, makeTree, type Node, readTree, testAsRoot } from '../image/support/real-tree.ts'
import { type Question, tryAll } from '../image/support/try-as.ts'

const ROOT = { uid: 0, gids: [0] }
/** Where the model has the tree: a place that no rule of the ladder names. */
const PLACE = '/srv/app'

/** What cannot be given to one user alone, and is said. */
const NOT_FOR_ONE = /in a sticky folder|only its owner may change mode/

/** Each need with the question that the kernel is asked for it. */
const QUESTIONS: Readonly<Record<string, string>> = {
  'keep-state': 'write',
  write: 'write',
  read: 'read',
  list: 'read',
  traverse: 'traverse',
  execute: 'execute',
  'create-file': 'create',
  'create-directory': 'create',
  'create-socket': 'create',
  remove: 'remove',
  rename: 'remove',
  'change-mode': 'mode',
}

const grantees: readonly Grantee[] = [
  { uid: 10001, gid: 10001 },
  { uid: 10001, gid: 10002, groups: [0] },
  { uid: 10001, gid: 0, anyUid: true },
  { uid: 10001, gid: 10002, shared: { user: false, group: true } },
]

let top = ''
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'harden-image-replay-'))
  chmodSync(top, 0o755)
})
afterAll(() => {
  rmSync(top, { recursive: true, force: true })
})

interface Wish {
  readonly access: string
  readonly at: number
  /** Of a name that is not there yet. */
  readonly isNew: boolean
}

const wish: fc.Arbitrary<Wish> = fc.record({
  access: fc.constantFrom(...Object.keys(QUESTIONS)),
  at: fc.nat(8),
  isNew: fc.boolean(),
})

/** One tree, what a run of the original did in it, and the way back. */
interface Scene {
  readonly root: string
  readonly questions: readonly Question[]
  readonly needs: readonly Need[]
}

let round = 0

function makeScene(nodes: readonly Node[], wishes: readonly Wish[]): Scene {
  round += 1
  const root = join(top, String(round))
  mkdirSync(root)
  // One level down, so that a link upwards does not leave it.
  makeTree(join(root, 'tree'), nodes, 0o755)
  const paths = [...readTree(root, PLACE).paths()].filter((path) => path.startsWith(`${PLACE}/tree`)).sort()
  const asked = wishes.map(({ access, at, isNew }): readonly [string, string] => {
    const path = paths[at % paths.length] ?? PLACE
    // A state folder that is missing is made beforehand, so nobody has done without it.
    return [access, isNew && access !== 'keep-state' ? `${path}/new` : path]
  })
  return {
    root,
    questions: asked.map(([access, path]) => [QUESTIONS[access] ?? '', path.replace(PLACE, root)]),
    needs: asked.map(([access, path]) => {
      const evidence = { source: 'refused', subject: path, detail: access } as const
      return { access: access as Need['access'], path, certainty: 'refused', evidence }
    }),
  }
}

/** What of a scene root can do: nothing else has been seen in any run of an original. */
function possible({ root, questions, needs }: Scene, done: readonly (boolean | null)[]): Scene {
  const kept = <T>(list: readonly T[]): readonly T[] => list.filter((_, index) => done[index] === true)
  return { root, questions: kept(questions), needs: kept(needs) }
}

/** Asks the kernel about all scenes at once, since each child process costs more than a hundred questions. */
function answers(scenes: readonly Scene[], who: Identity): readonly (readonly (boolean | null)[])[] {
  const all = [...tryAll(scenes.flatMap(({ questions }) => questions.map((question) => [who, question] as const)))]
  return scenes.map(({ questions }) => all.splice(0, questions.length))
}

function check(drawn: readonly (readonly [readonly Node[], readonly Wish[]])[], grantee: Grantee): void {
  const made = drawn.map(([nodes, wishes]) => makeScene(nodes, wishes))
  const done = answers(made, ROOT)
  const scenes = made.map((scene, index) => possible(scene, done[index] ?? []))
  const who = identityOf(grantee)
  const before = answers(scenes, who)
  const replayed = scenes.map(({ root, needs }) => {
    // As the loop does: what is refused once more needs the next rung.
    const { grants, ungranted } = replay([...needs, ...needs], readTree(root, PLACE), grantee)
    const never = ungranted.filter(({ reason }) => !NOT_FOR_ONE.test(reason)).map(({ reason }) => reason)
    expect(never).toEqual([])
    return {
      grants,
      ungranted: ungranted.map(({ need }) => need.path.replace(PLACE, root)),
      script: grantCommands(grants, grantee)
        .map((parts) => parts.join(' '))
        .join(' && ')
        .replaceAll(PLACE, root),
    }
  })
  const script = replayed.flatMap((one) => (one.script === '' ? [] : [one.script])).join('\n')
  expect(spawnSync('sh', ['-euc', script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  const after = answers(scenes, who)
  for (const [index, { questions }] of scenes.entries()) {
    const granted = replayed[index]?.script
    const told = replayed[index]?.ungranted ?? []
    const refused = questions.filter(([, path], at) => after[index]?.[at] === false && !told.includes(path))
    expect({ granted, refused }).toEqual({ granted, refused: [] })
    if (before[index]?.every((allowed) => allowed === true)) expect(replayed[index]?.grants).toEqual([])
  }
  for (const { root } of scenes) rmSync(root, { recursive: true, force: true })
}

describe('against the kernel', () => {
  for (const grantee of grantees) {
    const who = `${grantee.uid}:${grantee.gid}${grantee.anyUid ? ', any uid' : ''}${grantee.shared ? ', shared group' : ''}`
    testAsRoot(
      `what is granted is enough, and nothing where nothing is needed: ${who}`,
      () => {
        const nodes = fc.array(arbitraryNode, { minLength: 1, maxLength: 8 })
        const scene = fc.tuple(nodes, fc.array(wish, { minLength: 1, maxLength: 6 }))
        const scenes = fc.array(scene, { minLength: 1, maxLength: 16, size: 'max' })
        fc.assert(
          fc.property(scenes, (drawn) => check(drawn, grantee)),
          { numRuns: 8 },
        )
      },
      120_000,
    )
  }
})
