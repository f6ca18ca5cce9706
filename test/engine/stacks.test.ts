// Whole Compose projects, as people write them, taken through one command: what they did before they do as non-root users,
// with the data of before, and back again.
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import type { ReportFinding, TargetResult } from '../../src/report/report.ts'
import { type Hardening, hardenOne } from './support/cli.ts'
import { ensureImage, processesOf } from './support/images.ts'
import { retryOnce } from './support/retry.ts'
import { bringBack, STACKS, type Stack, stackCase, treeOf, withStack } from './support/stack.ts'

retryOnce()

const run = promisify(execFile)

const APART = ['broken', 'needs-root', 'turns-out']
const names = readdirSync(STACKS).filter((name) => !APART.includes(name))
/** What a proof of all of it costs, this one pays. */
const PROVED = ['proxy']

describe('one command for the whole stack', () => {
  test.each(names)('%s', async (name) => {
    for (const image of (await stackCase(name)).images ?? []) await ensureImage(image)
    await withStack(name, async (stack) => {
      const checkout = await treeOf(stack.folder)
      await during('the original fills its volumes', async () => {
        await stack.up()
        await stack.write('root')
        await stack.read(['root'])
        await stack.down()
      })
      const before = await treeOf(stack.folder)
      const { result } = await hardened(stack, PROVED.includes(name) ? ['--prove'] : [])
      const after = await treeOf(stack.folder)
      await during('Compose reads the result', () => stack.compose('config', '--quiet'))
      await expectNothingMore(stack)
      expect(await treeOf(stack.folder)).toEqual(after)

      await during('the result takes over what root has left', async () => {
        await migrate(stack, result)
        await stack.up()
        await stack.read(['root'])
        await stack.write('user')
        await stack.read(['root', 'user'])
        await expectNoRoot(stack)
        await stack.down()
      })
      await during('the original takes it back', async () => {
        if (result.migration) await inFolder(stack, result.migration.undo)
        await bringBack(stack.folder, before, after)
        await stack.up()
        await stack.read(['root', 'user'])
        await stack.write('again')
        await stack.read(['root', 'user', 'again'])
        await stack.downWithVolumes()
      })
      await during('the result starts anew', async () => {
        await bringBack(stack.folder, after, before)
        await stack.up()
        await stack.write('one')
        await stack.read(['one'])
        await stack.restart()
        await stack.write('two')
        await stack.read(['one', 'two'])
        await stack.down()
        await stack.up()
        await stack.read(['one', 'two'])
        await stack.write('three')
        await stack.read(['one', 'two', 'three'])
        await expectNoRoot(stack)
      })
      expectOwnersKept(checkout, await treeOf(stack.folder))
    })
  })
})

describe('what must be told apart', () => {
  test('one service needs root: it is named, and the others are rewritten', async () => {
    await ensureImage('mounts')
    await withStack('needs-root', async (stack) => {
      const { result, code } = await hardenOne('compose.yaml', ['--write'], { cwd: stack.folder })
      expect({ verdict: result.verdict, code, services: verdictsOf(result) }).toEqual({
        verdict: 'needs-root',
        code: 1,
        services: { scratch: 'needs-root', api: 'rewritten' },
      })
      await stack.compose('config', '--quiet')
      await stack.up()
      await stack.write('one')
      await stack.read(['one'])
      await expectNoRoot(stack)
    })
  })

  test('one service turns out to need root by its runs: it keeps that with what it used, and the others are hardened', async () => {
    await withStack('turns-out', async (stack) => {
      const { result, code, stderr } = await hardenOne('compose.yaml', ['--write', '--prove'], { cwd: stack.folder })
      expect({
        verdict: result.verdict,
        code,
        services: verdictsOf(result),
        passed: result.proof?.passed,
        stderr,
      }).toEqual({
        verdict: 'needs-root',
        code: 1,
        services: { scan: 'needs-root', api: 'hardened' },
        passed: true,
        stderr,
      })
      const { services } = JSON.parse(await stack.compose('config', '--format', 'json'))
      expect(services.scan).toMatchObject({ cap_drop: ['ALL'], cap_add: ['CHOWN'] })
      expect(leftTo(result).map(({ message }) => message)).toEqual([
        expect.stringContaining(
          'must keep root: it ends unless it is root, and says so: scan: this has to be run as root',
        ),
      ])
      await stack.up()
      await stack.write('one')
      await stack.read(['one'])
      await expectNoRoot(stack)
    })
  })

  test('one service was broken before: a proof does not call it hardened', async () => {
    await withStack('broken', async (stack) => {
      const { result, code } = await hardenOne('compose.yaml', ['--prove'], { cwd: stack.folder })
      expect({ verdict: result.verdict, code, passed: result.proof?.passed }).toEqual({
        verdict: 'rewritten',
        code: 0,
        passed: false,
      })
      expect(new Set(Object.values(verdictsOf(result)))).toEqual(new Set(['rewritten']))
      expect(result.proof?.reason).toMatch(/^the original does not come up: mailer: /)
    })
  })
})

function verdictsOf({ services = [] }: TargetResult): Readonly<Record<string, string>> {
  return Object.fromEntries(services.map(({ target, verdict }) => [target, verdict]))
}

/** Says in which of its steps a project has failed. */
async function during<T>(what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

async function hardened(stack: Stack, flags: readonly string[]): Promise<Hardening> {
  const { todo = [], alone = [] } = stack.checks
  const hardening = await hardenOne(composeFile(stack), ['--write', ...flags], { cwd: stack.folder })
  const { result, code, stderr } = hardening
  const isLeft = todo.length > 0
  expect({ kind: result.kind, verdict: result.verdict, code, todo: todoOf(result), stderr }).toEqual({
    kind: 'compose',
    verdict: isLeft ? 'incomplete' : flags.includes('--prove') ? 'hardened' : 'rewritten',
    code: isLeft ? 1 : 0,
    todo,
    stderr,
  })
  const services = result.services ?? []
  const config = JSON.parse(await stack.compose('config', '--format', 'json'))
  expect(services.map(({ target }) => target).sort()).toEqual(Object.keys(config.services).sort())
  for (const { target, verdict } of services.filter((one) => alone.includes(one.target)))
    expect({ target, verdict }).toEqual({ target, verdict: 'unchanged' })
  return hardening
}

function composeFile(stack: Stack): string {
  const name = readdirSync(stack.folder).find((file) => /^(docker-)?compose\.ya?ml$/.test(file))
  if (name === undefined) throw new Error(`${basename(stack.folder)} has no Compose file`)
  return name
}

/** Kinds of what is left to a person, each once. */
function todoOf(result: TargetResult): readonly string[] {
  return [...new Set(leftTo(result).map(({ transform }) => transform))].sort()
}

function leftTo({ findings, services = [] }: TargetResult): readonly ReportFinding[] {
  const all = [...findings, ...services.flatMap((service) => service.findings)]
  return all.filter(({ outcome }) => outcome === 'todo')
}

/** A second run has nothing to add to the first: no change, and nothing new to do. */
async function expectNothingMore(stack: Stack): Promise<void> {
  const { result, code, stderr } = await hardenOne(composeFile(stack), ['--check'], { cwd: stack.folder })
  const { todo = [] } = stack.checks
  const changed = (result.files ?? []).filter((file) => file.changed).map(({ path }) => path)
  const left = todoOf(result)
  expect({ changed, code, stderr }).toEqual({ changed: [], code: left.length > 0 ? 1 : 0, stderr })
  // What a person has done by then is said no more.
  for (const kind of left) expect(todo).toContain(kind)
}

/** What the report says is to be done once. */
async function migrate(stack: Stack, result: TargetResult): Promise<void> {
  if (result.migration) await inFolder(stack, result.migration.command)
  await doOnce(stack, result)
}

async function doOnce(stack: Stack, result: TargetResult): Promise<void> {
  for (const { hint = '' } of leftTo(result)) {
    const command = /once, in the project's folder: (.*)$/.exec(hint)?.[1]
    if (command !== undefined) await inFolder(stack, command.replaceAll('sudo ', ''))
  }
}

async function inFolder({ folder }: Stack, command: string): Promise<void> {
  await run('sh', ['-c', command], { cwd: folder })
}

/** Of every process of every service that is not said to need root. */
async function expectNoRoot(stack: Stack): Promise<void> {
  const { root = [] } = stack.checks
  for (const [service, id] of await stack.containers()) {
    if (root.includes(service)) continue
    const processes = await processesOf(id)
    const asRoot = processes.filter(({ uids }) => uids.includes(0)).map(({ name }) => name)
    expect({ service, asRoot, none: processes.length === 0 }).toEqual({ service, asRoot: [], none: false })
  }
}

/** Nobody's checkout is taken from them. */
function expectOwnersKept(checkout: Awaited<ReturnType<typeof treeOf>>, after: typeof checkout): void {
  for (const [path, { uid }] of checkout) expect({ path, uid: after.get(path)?.uid }).toEqual({ path, uid })
}
