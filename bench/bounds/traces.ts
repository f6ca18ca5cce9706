import { Readable } from 'node:stream'
import { daemonPorts, packages, programs, workingFolder } from '../../catalogue/index.ts'
import { hardenDockerfile } from '../../src/app/harden.ts'
import { stageInputs } from '../../src/app/stage-inputs.ts'
import { parseDockerfile } from '../../src/dockerfile/index.ts'
import type { Operation } from '../../src/evidence/operation.ts'
import { lookUp } from '../../src/image/sources/catalogue.ts'
import { defaultPolicy } from '../../src/plan/policy.ts'
import { growingTrace } from '../../src/proof/trace/growing-trace.ts'
import { transforms } from '../../transforms/index.ts'
import { lines } from './dockerfiles.ts'
import { factsOf } from './images.ts'
import type { Input } from './input.ts'

/** What a container writes into its trace, and makes the plan of what it did. */
export const traces: readonly Input[] = [
  trace('files that are read', (i) => `openat(AT_FDCWD, "/srv/f${i}", O_RDONLY) = 3</srv/f${i}>`),
  trace('one file again and again', () => 'openat(AT_FDCWD, "/srv/f", O_RDONLY) = 3</srv/f>'),
  trace('files that are missing', (i) => `openat(AT_FDCWD, "/srv/f${i}", O_RDONLY) = -1 ENOENT (No such file)`),
  trace('files that are created', (i) => `openat(AT_FDCWD, "/srv/f${i}", O_WRONLY|O_CREAT, 0644) = 3</srv/f${i}>`),
  trace('files that are created and removed', (i) =>
    i % 2 === 0
      ? `openat(AT_FDCWD, "/srv/f${i}", O_WRONLY|O_CREAT, 0644) = 3</srv/f${i}>`
      : `unlink("/srv/f${i - 1}") = 0`,
  ),
  // So long that the longest path is soon there: up to it each line costs more than the one before.
  trace('folders in one another', () => `mkdir("${'d'.repeat(99)}", 0755) = 0`, `chdir("${'d'.repeat(99)}") = 0`),
  trace('folders beside each other', (i) => `mkdir("/srv/d${i}", 0755) = 0`),
  trace('renames', (i) => `rename("/srv/f${i}", "/srv/f${i + 1}") = 0`),
  trace('links', (i) => `symlink("f${i}", "/srv/f${i + 1}") = 0`),
  trace('changes of owner', (i) => `chown("/srv/f${i}", 100, 100) = 0`),
  trace('descriptors', (i) => `openat(${i}, "f", O_RDONLY) = ${i + 1}</srv/d${i}/f>`),
  trace('sockets', (i) => `bind(${i}, {sa_family=AF_INET, sin_port=htons(${1 + (i % 1023)})}, 16) = 0`),
  trace('switches of user', (i) => `setuid(${i}) = 0`),
  trace('descriptors that are passed on', (i) => `dup2(${i}, ${i + 1}) = ${i + 1}`),
  trace('long paths', (i) => `openat(AT_FDCWD, "/srv/${'a/'.repeat(500)}${i}", O_RDONLY) = 3</srv/a>`),
  trace('what is none', (i) => `${'('.repeat(40)}${i}`),
  ...['processes', 'processes in one another', 'calls that never end'].map(
    (name): Input => ({
      name: `trace: ${name}`,
      prepare: (n) =>
        traced(
          lines(n, (i) => {
            const at = `1000.${String(i).padStart(6, '0')}`
            if (name === 'calls that never end') return `${i + 1} ${at} openat(AT_FDCWD, "f", O_RDONLY <unfinished ...>`
            return `${name === 'processes' ? 1 : i + 1} ${at} clone(child_stack=NULL, flags=SIGCHLD) = ${i + 2}`
          }),
        ),
      most: 16 * 1024 * 1024,
    }),
  ),
  seen('files that are created in one folder', (i) => [{ access: 'create-file', path: `/srv/f${i}` }]),
  seen('files that are created in folders', (i) => [{ access: 'create-file', path: `/srv/d${i}/f` }]),
  seen('folders that are created, with a file', (i) => [
    { access: 'create-directory', path: `/srv/d${i}` },
    { access: 'create-file', path: `/srv/d${i}/f` },
  ]),
  seen('folders that are created in one another', (i) => [
    { access: 'create-directory', path: `/srv/${Math.floor(i / 1000)}${'/d'.repeat(i % 1000)}` },
  ]),
  seen('files that are written all over', (i) => [{ access: 'write', path: `/d${i % 100}/e${i % 1000}/f${i}` }]),
  seen('files that are created and removed', (i) => [
    { access: 'create-file', path: `/srv/f${i}` },
    { access: 'remove', path: `/srv/f${i}` },
  ]),
  seen('files that are read', (i) => [{ access: 'read', path: `/srv/f${i}` }]),
  seen('ports', (i) => [{ access: 'bind', path: null, port: 1 + (i % 65535) }]),
  seen('users', (i) => [{ access: 'switch-user', path: null, uid: i }]),
]

function trace(name: string, ...calls: readonly ((index: number) => string)[] | readonly [Call, string]): Input {
  const [first, second] = calls
  const call = (i: number): string => (typeof second === 'string' && i % 2 === 1 ? second : (first as Call)(i))
  return {
    name: `trace: ${name}`,
    prepare: (n) => traced(lines(n, (i) => `1 1000.${String(i).padStart(6, '0')} ${call(i)}`)),
    most: 16 * 1024 * 1024,
  }
}

type Call = (index: number) => string

function traced(text: string): ReturnType<Input['prepare']> {
  const size = Buffer.alloc(512)
  size.write(`${text.length.toString(8).padStart(11, '0')}\0`, 124)
  size.write('0', 156)
  const bytes = Buffer.from(text)
  const chunks = [size]
  for (let at = 0; at < bytes.length; at += 65_536) chunks.push(bytes.subarray(at, at + 65_536))
  return {
    bytes: text.length,
    work: async () => {
      const growing = growingTrace({ cwd: '/srv', uid: 0, gid: 0, ignore: '/.harden-trace' })
      await growing.readOn(Readable.from(chunks))
      growing.soFar({})
    },
  }
}

/** What a run of the original has shown, for the plan. */
function seen(name: string, operation: (index: number) => readonly Partial<Operation>[]): Input {
  return {
    name: `observed: ${name}`,
    prepare: (n) => {
      const operations = Array.from({ length: n }, (_, i) => operation(i).map(operationOf)).flat()
      return { bytes: JSON.stringify(operations).length, work: () => plan(operations) }
    },
    most: 16 * 1024 * 1024,
  }
}

function operationOf(part: Partial<Operation>): Operation {
  return { outcome: 'done', source: 'trace', detail: '', uid: 0, gid: 0, ...part } as unknown as Operation
}

function plan(operations: readonly Operation[]): void {
  const dockerfile = parseDockerfile('FROM x\nRUN y\n')
  const facts = factsOf({ files: [['/srv/here', { type: 'file', uid: 0, gid: 0, mode: 0o644, size: 1, link: null }]] })
  const bound = operations.flatMap(({ port }) =>
    port === undefined ? [] : [{ port: Number(port), protocol: 'tcp' as const }],
  )
  const observation = {
    operations,
    bound,
    uids: [],
    programs: ['x'],
    opened: [],
    home: '/root',
    needsRoot: null,
  }
  const stages = stageInputs(dockerfile, defaultPolicy, {
    bases: new Map([['x', { known: true, value: facts }]]),
    built: new Map(),
    observations: new Map([[0, observation]]),
    programs,
    packages,
    daemonPorts,
    workingFolder,
    entries: lookUp,
  })
  hardenDockerfile({ target: 'x', kind: 'image', dockerfile, stages, policy: defaultPolicy, transforms })
}
