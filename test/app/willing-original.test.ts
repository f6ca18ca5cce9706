import { expect, test } from '@jest/globals'
import type { Manner, OriginalRuns } from '../../src/app/original-runs.ts'
import { willingOriginal } from '../../src/app/willing-original.ts'
import type { RunRecord } from '../../src/proof/container/run-record.ts'
import type { Original } from '../../src/proof/original.ts'
import type { BuildSettings } from '../../src/repository/work-item.ts'

interface Came {
  readonly ready: boolean
  readonly running?: boolean
  readonly exitCode?: number
  readonly logs?: string
}

function original({ ready, running = ready, exitCode = 0, logs = '' }: Came): Original {
  const record = { ready, state: { running, exitCode }, logs } as RunRecord
  return { live: { snapshot: async () => record } } as unknown as Original
}

/** What comes of the usual run, and of each in another manner. */
function runs(usual: Came, instead: (manner: Manner) => Came) {
  let current = original(usual)
  const asked: Manner[] = []
  const originals = {
    of: async () => current,
    instead: async (_reference, manner, works) => {
      asked.push(manner)
      const other = original(instead(manner))
      const isKept = works(await other.live.snapshot('logs'))
      if (isKept) current = other
      return { original: isKept ? other : null, said: '' }
    },
  } as Pick<OriginalRuns, 'of' | 'instead'> as OriginalRuns
  return { originals, asked }
}

const build = {
  by: ['service api of compose.yaml'],
  env: new Map([
    ['TOKEN', 'x'],
    ['DB', 'db'],
    ['HTTP_PORT', '80'],
  ]),
} as unknown as BuildSettings
const user = { name: 'www', uid: 33, gid: 33 }
const up: Came = { ready: true }
const ends: Came = { ready: false, exitCode: 1 }

async function willing(usual: Came, instead: (manner: Manner) => Came, env: readonly string[] = []) {
  const { originals, asked } = runs(usual, instead)
  const found = await willingOriginal({ build }, { env }, { originals, baseline: 'image', user })
  return {
    ...found,
    asked,
    notes: found.notes.map(({ message }) => message),
    record: await (await found.original).live.snapshot('seen'),
  }
}

test('what its Compose service sets holds where it comes up with it, and is said', async () => {
  const { env, notes, asked } = await willing(up, () => ends)
  expect(env).toEqual(['TOKEN=x', 'DB=db'])
  expect(notes).toEqual(['run with what service api of compose.yaml sets (TOKEN, DB)'])
  expect(asked).toEqual([])
})

test('what somebody asked for holds against it', async () => {
  const { env, notes } = await willing(up, () => ends, ['DB=mine', 'MORE=1'])
  expect(env).toEqual(['TOKEN=x', 'DB=mine', 'MORE=1'])
  expect(notes).toEqual(['run with what service api of compose.yaml sets (TOKEN)'])
  expect((await willing(up, () => ends, ['DB=mine', 'TOKEN=y'])).notes).toEqual([])
})

test.each([ends, { ready: false, running: true }])(
  'one that does not come up with it is run without: %j',
  async (came) => {
    const { env, notes, record } = await willing(came, () => up, ['MORE=1'])
    expect(env).toEqual(['MORE=1'])
    expect(notes).toEqual([
      'run without what service api of compose.yaml sets (TOKEN, DB), because the original does not start alone with it',
    ])
    expect(record.ready).toBe(true)
  },
)

test('one that does not come up without it either keeps it: what it says then is what its author knows', async () => {
  const { env, notes, record } = await willing({ ...ends, logs: 'with' }, () => ends)
  expect(env).toEqual(['TOKEN=x', 'DB=db'])
  expect(notes).toEqual(['run with what service api of compose.yaml sets (TOKEN, DB)'])
  expect(record.logs).toBe('with')
})

test('a job that ends well has come up', async () => {
  const { asked } = await willing({ ready: false, exitCode: 0 }, () => up)
  expect(asked).toEqual([])
})

test('one that refuses root is run as its user with the same variables', async () => {
  const refuses: Came = { ...ends, logs: 'refusing to run as root' }
  const { env, asked, remarks } = await willing(refuses, ({ user: who }) => (who === undefined ? refuses : up))
  expect(env).toEqual(['TOKEN=x', 'DB=db'])
  expect(asked).toEqual([{ env: [] }, { user: '33:33', env: ['TOKEN=x', 'DB=db'] }])
  expect(remarks).toEqual([expect.stringMatching(/^what the original does as root: .* was run as www/)])
})
