import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { expect, jest, test } from '@jest/globals'
import type { Engine } from '../../src/engine/engine.ts'
import { openEngine } from '../../src/engine/open-engine.ts'
import { factsFromEngine } from '../../src/image/sources/engine.ts'
import { thisRun, tokenOf } from '../../src/made-by.ts'
import type { Project, Service } from '../../src/manifests/project.ts'
import { openComposeDriver } from '../../src/proof/drivers/compose-driver.ts'
import { stopwatch } from '../../src/proof/proof-report.ts'
import { proveStack, type StackProofRequest, type StackResult } from '../../src/proof/prove-stack.ts'
import type { StackEvidence } from '../../src/proof/rounds.ts'
import { type SmokeCheck, smokeCommand } from '../../src/smoke-check.ts'
import { countAll } from './support/images.ts'
import { imagesOf, smallStack, stackImage, upon } from './support/small-stack.ts'

jest.setTimeout(240_000)

const user = '10001:10001'

/** As a person would harden it: one user, one owner of the volume, a port that it may bind anywhere. */
function locked(one: Service): Service {
  const { settings } = one
  return {
    ...one,
    user,
    settings: { ...settings, user, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] },
  }
}

interface Proving {
  readonly original: Project
  readonly originalImages?: Readonly<Record<string, string>>
  readonly smoke?: readonly SmokeCheck[]
  readonly signal?: AbortSignal
  readonly plan: (evidence: StackEvidence, image: string) => Promise<StackResult | null>
}

async function proving<T>(use: (engine: Engine, base: string) => Promise<T>): Promise<T> {
  const base = await stackImage()
  const engine = await openEngine('docker')
  try {
    return await use(engine, base)
  } finally {
    expect(await engine.cleanUp()).toBe(true)
    const label = `harden-image.session=${engine.session}`
    expect(await countAll(label)).toEqual({ containers: 0, images: 0, networks: 0, volumes: 0 })
  }
}

async function request(engine: Engine, base: string, given: Proving): Promise<StackProofRequest> {
  const facts = await factsFromEngine(engine, base)
  return {
    driver: await openComposeDriver(engine),
    original: { project: given.original, images: imagesOf(given.original, base, given.originalImages) },
    facts: new Map(given.original.services.map(({ name }) => [name, facts])),
    plan: (evidence) => given.plan(evidence, base),
    smoke: given.smoke ?? [],
    trace: true,
    network: false,
    isTrusted: true,
    mayRead: () => true,
    times: stopwatch(performance.now()),
    progress: () => undefined,
    signal: given.signal ?? new AbortController().signal,
  }
}

const moved = new Map(['store', 'api'].map((name) => [name, new Map([[80, 8080]])]))

test('a stack that does the same as another user passes, after a restart and on its volumes too', async () => {
  await proving(async (engine, base) => {
    const proof = await proveStack(
      await request(engine, base, {
        original: smallStack('/nowhere', 80),
        smoke: [smokeCommand('curl -sf $BASE_URL_API/ | grep visits')],
        plan: async (evidence) => {
          expect(evidence.get('store')?.operations.map(({ path }) => path)).toContain('/data/counts.json')
          expect(evidence.get('store')?.bound).toContainEqual({ port: 80, protocol: 'tcp' })
          const project = smallStack('/nowhere', 8080, locked)
          const image = await upon(base, 'small-stack-owned', `RUN chown ${user} /data`)
          return {
            side: { project, images: imagesOf(project, image) },
            moved,
            kept: new Map(),
            plans: new Map(),
            text: 'owned',
          }
        },
      }),
    )
    expect([...proof.failures]).toEqual([])
    expect(proof).toMatchObject({ passed: true, rounds: 1, broken: [] })
    expect(proof.report?.checks.map(({ name }) => name)).toEqual([
      'api to store :8080',
      'worker to store :8080',
      'smoke test',
      'smoke test, after a restart',
      'smoke test, on the same volumes',
    ])
    expect(proof.report?.result?.uids).toEqual([10001])
    const api = proof.services.get('api')
    expect(api?.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['http :8080/', 'health check', 'second start', 'start on the same volumes']),
    )
    expect(proof.services.get('job')?.checks).toContainEqual({
      name: 'makes the files that it made',
      baseline: 'yes',
      result: 'yes',
      passed: true,
    })
  })
})

/** The store, and who asks it all the time. */
function pair(port: number, change: (one: Service) => Service = (one) => one): Project {
  const stack = smallStack('/nowhere', port, change)
  return { ...stack, services: stack.services.filter(({ name }) => name === 'store' || name === 'worker') }
}

test('what a service is refused comes back as evidence, and what fails for good names the service', async () => {
  await proving(async (engine, base) => {
    const refused: unknown[] = []
    const proof = await proveStack(
      await request(engine, base, {
        original: pair(80),
        plan: async (evidence) => {
          const operations = evidence.get('store')?.operations.filter(({ outcome }) => outcome === 'refused') ?? []
          refused.push(operations.map(({ path }) => path))
          if (operations.length === 0) {
            const project = pair(8080, locked)
            return {
              side: { project, images: imagesOf(project, base) },
              moved,
              kept: new Map(),
              plans: new Map(),
              text: 'as it is',
            }
          }
          const image = await upon(base, 'small-stack-owned', `RUN chown ${user} /data`)
          // Nobody has told the worker that the port has moved.
          const project = pair(8080, (one) =>
            locked(one.name === 'worker' ? { ...one, env: new Map([['STORE', 'store:80']]) } : one),
          )
          return {
            side: { project, images: imagesOf(project, image) },
            moved,
            kept: new Map(),
            plans: new Map(),
            text: 'owned',
          }
        },
      }),
    )
    expect(refused.slice(0, 2)).toEqual([[], ['/data/counts.json']])
    expect(proof).toMatchObject({ passed: false, rounds: 2, broken: [] })
    expect(proof.culprits).toEqual(['worker'])
    expect(proof.failures.get('worker')?.join()).toMatch(/ConnectionRefusedError/)
    // That it is not connected is the same fact, which the checks have.
    expect(proof.failures.get('')).toBeUndefined()
    expect(proof.report?.checks).toContainEqual(
      expect.objectContaining({ name: 'worker to store :8080', passed: false }),
    )
  })
})

test('an original that does not come up is told by the service that others wait for, and nothing is planned', async () => {
  await proving(async (engine, base) => {
    const stack = smallStack('/nowhere', 80, (one) =>
      one.name === 'job' ? { ...one, entrypoint: ['sh', '-c', 'echo no database; exit 3'], command: [] } : one,
    )
    const original = { ...stack, services: stack.services.filter(({ name }) => ['store', 'job', 'api'].includes(name)) }
    const proof = await proveStack(
      await request(engine, base, { original, plan: () => Promise.reject(new Error('it is never planned')) }),
    )
    expect(proof.passed).toBe(false)
    expect(proof.broken).toEqual([{ service: 'job', message: 'it ends with exit code 3: no database' }])
    expect([...proof.failures]).toEqual([])
    expect(proof.report?.reason).toBe('the original does not come up: job: it ends with exit code 3: no database')
  })
})

test('Ctrl-C leaves no container, network, volume or folder', async () => {
  const folders = async () =>
    (await readdir(tmpdir())).filter((name) => name.startsWith(`harden-image-${tokenOf(thisRun())}-stack-`))
  await proving(async (engine, base) => {
    const interrupt = new AbortController()
    const asked = request(engine, base, {
      original: pair(80),
      signal: interrupt.signal,
      plan: async () => {
        setTimeout(() => interrupt.abort(new Error('Ctrl-C')), 1500)
        const project = pair(80)
        return {
          side: { project, images: imagesOf(project, base) },
          moved: new Map(),
          kept: new Map(),
          plans: new Map(),
          text: '',
        }
      },
    })
    await expect(proveStack(await asked)).rejects.toThrow('Ctrl-C')
    await engine.cleanUp()
    expect(await folders()).toEqual([])
  })
})
