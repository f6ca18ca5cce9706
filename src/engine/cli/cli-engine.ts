import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bounds } from '../../bounds.ts'
import { HardenError } from '../../errors.ts'
import { withTemporaryFolder } from '../../temporary.ts'
import { activityOf, sleepsOf } from '../activity.ts'
import { fullName, imageArgument, nameArgument, networkArguments, runArguments, volumesToMake } from '../arguments.ts'
import {
  cleanUp,
  labelFlags,
  leftovers,
  type MadeImages,
  removeLeftovers,
  sessionLabels,
  timedStop,
  withUnstarted,
} from '../clean-up.ts'
import type { Enforced, Engine, RunSpec } from '../engine.ts'
import { failureOf, pullFailure, startErrors } from '../failure.ts'
import { parseImage, parseState, parseWritten, printedChanges, readChanges } from '../inspect.ts'
import { ENGINES } from '../kinds.ts'
import { build, builderNamed } from './build.ts'
import { cliLeftovers, cliRemover } from './cli-remover.ts'
import { listeners } from './listeners.ts'
import type { CallResult, Cli } from './process.ts'
import { processes } from './processes.ts'

const pullTimeoutMs = 15 * 60_000
const missingImage = /no such image|image not known|no such object|not found|failed to find image/i
const missingContainer = /no such container|no container with|not found|already in progress/i
const missingPath = /no such file|could not find the file|could not be found|no such path|not found in container/i

/** podman's words where a file became longer while it was read: what it was at first has come. */
const grown = /archive\/tar: write too long/

interface EngineFacts {
  readonly version: string
  readonly session: string
  readonly local: boolean
  /** Container addresses can be reached from this machine. */
  readonly reachable: boolean
  readonly enforces: Enforced
  readonly memoryBytes: number | null
  readonly dataRoot: string | null
  readonly made: MadeImages
}

/** The engine port over the CLI of docker, podman or nerdctl. */
export function createCliEngine(cli: Cli, facts: EngineFacts): Engine {
  const { name } = cli
  const { session, local, reachable, enforces, memoryBytes, dataRoot, made } = facts
  const errors = startErrors(name)

  const inspect = (container: string): Promise<string> =>
    cli.call(`inspect container ${container}`, ['inspect', '--type=container', '--', nameArgument(container)])

  const createVolumes = async (spec: RunSpec): Promise<void> => {
    for (const volume of volumesToMake(spec)) await createVolume(cli, volume, session)
  }
  const notCreated = (spec: RunSpec, stderr: string): HardenError =>
    missingImage.test(stderr)
      ? pullFailure(name, spec.image, stderr)
      : failureOf(name, `create a container of ${spec.image}`, stderr)
  const started = (container: string, { exitCode, stderr }: CallResult): void => {
    if (exitCode !== 0) errors.add(container, stderr)
  }

  const create = async (spec: RunSpec): Promise<string> => {
    await createVolumes(spec)
    const { exitCode, stdout, stderr } = await cli.run(runArguments(name, spec, session, ['create'], enforces))
    const id = stdout.trim().split('\n').at(-1) ?? ''
    if (exitCode === 0 && id !== '') return id
    throw notCreated(spec, stderr)
  }

  const createLender = async (spec: RunSpec): Promise<string> => {
    const container = await create(spec)
    // That its command cannot be run there is nobody's business.
    if (ENGINES[name].initsLenders) await cli.run(['init', nameArgument(container)])
    return container
  }

  const run = async (spec: RunSpec): Promise<string> => {
    await createVolumes(spec)
    // On standard output there is no id of a container that was created and could not be started.
    return withIdFile(async (idFile) => {
      const command = ['run', '--detach', `--cidfile=${idFile}`] as const
      const result = await cli.run(runArguments(name, spec, session, command, enforces))
      const id = await readIdFile(idFile)
      if (id === '') throw notCreated(spec, result.stderr)
      started(id, result)
      return id
    })
  }

  const remove = async (container: string): Promise<void> => {
    const { exitCode, stderr } = await cli.run(['rm', '--force', '--volumes', '--', nameArgument(container)])
    if (exitCode !== 0 && !missingContainer.test(stderr)) throw failureOf(name, `remove container ${container}`, stderr)
  }

  return {
    name,
    version: facts.version,
    session,
    local,
    reachable,
    enforces,
    memoryBytes,
    dataRoot,
    create,
    createLender,
    remove,
    processes: (container) => processes(cli, container, local),
    logs: (container) => logs(cli, container),
    inspectImage: async (reference) => {
      const { exitCode, stdout, stderr } = await cli.run(['image', 'inspect', '--', imageArgument(reference)])
      if (exitCode === 0) return parseImage(stdout)
      if (missingImage.test(stderr)) return null
      throw failureOf(name, `inspect image ${reference}`, stderr)
    },
    pull: async (reference, platform) => {
      const image = ENGINES[name].knowsShortNames ? imageArgument(reference) : fullName(reference)
      const args = ['pull', '--quiet', ...(platform === undefined ? [] : [`--platform=${platform}`]), '--', image]
      const { exitCode, stderr } = await cli.run(args, { timeoutMs: pullTimeoutMs })
      if (exitCode !== 0) throw pullFailure(name, reference, stderr)
    },
    exportImage: (reference, read) =>
      withUnstarted({ create, remove }, reference, (container) =>
        cli.stream(`export ${reference}`, ['export', container], read),
      ),
    copyOut: async (container, path, read) => {
      try {
        return await cli.stream(
          `copy ${path} out of a container`,
          ['cp', `${nameArgument(container)}:${path}`, '-'],
          read,
          grown,
        )
      } catch (error) {
        if (error instanceof HardenError && error.code === 'engine-failed' && missingPath.test(error.message))
          return null
        throw error
      }
    },
    builder: (builder) => builderNamed(cli, builder),
    build: async (request) => {
      if (!request.keep) made.tags.add(imageArgument(request.tag))
      const result = await build(cli, request, session)
      if (request.keep) made.kept.add(result.id)
      return result
    },
    run,
    start: async (container) => started(container, await cli.run(['start', nameArgument(container)])),
    state: async (container) => parseState(await inspect(container), reachable, errors.of(container)),
    written: async (container) => {
      const args = ['inspect', '--type=container', '--size', '--', nameArgument(container)]
      const { exitCode, stdout } = await cli.run(args)
      return exitCode === 0 ? parseWritten(stdout) : null
    },
    diff: (container) =>
      cli.stream(`compare container ${container} with its image`, ['diff', nameArgument(container)], (stdout) =>
        readChanges(stdout, printedChanges),
      ),
    sleeps: (container) => (local ? sleepsOf(container) : []),
    activity: (container, age) => (local ? activityOf(container, age) : null),
    listeners: async (container, known) => {
      const pid = known ?? parseState(await inspect(container), reachable).pid
      return listeners(cli, container, local && pid > 0 ? pid : null)
    },
    exec: async (container, argv, options = {}) => {
      const user = options.user === undefined ? [] : [`--user=${options.user}`]
      return cli.run(['exec', ...user, '--', nameArgument(container), ...argv], {
        timeoutMs: options.timeoutMs ?? 30_000,
      })
    },
    stop: (container, graceSeconds) =>
      timedStop(graceSeconds, async (seconds, options) => {
        const args = ['stop', '-t', String(seconds), nameArgument(container)]
        await cli.call(`stop container ${container}`, args, options)
      }),
    removeVolume: async (volume) => {
      await cli.run(['volume', 'rm', '--force', '--', nameArgument(volume)])
    },
    createNetwork: async (network) => {
      await cli.call(`create network ${network.name}`, networkArguments(name, network, session))
    },
    ...(ENGINES[name].hasCompose && {
      compose: (args, options) => cli.run(['compose', ...args], options),
    }),
    ...(ENGINES[name].hasPods && {
      pods: (args, options) => cli.run(args, options),
    }),
    removeNetwork: async (network) => {
      await cli.run(['network', 'rm', '--', nameArgument(network)])
    },
    removeImage: async (reference) => {
      const { exitCode, stderr } = await cli.run(['image', 'rm', '--force', '--', imageArgument(reference)])
      if (exitCode !== 0 && !missingImage.test(stderr)) throw failureOf(name, `remove image ${reference}`, stderr)
    },
    load: async (archive, ...references) => {
      for (const reference of references) made.tags.add(imageArgument(reference))
      const broken = new Promise<never>((_, reject) => archive.once('error', reject))
      broken.catch(() => {})
      const loading = cli.call(`load ${references.join(', ')}`, ['load', '--quiet'], {
        input: archive,
        timeoutMs: pullTimeoutMs,
      })
      // What is wrong with the archive says more than what the engine makes of its half.
      await Promise.race([broken, loading])
    },
    save: (references, read) =>
      cli.stream(`save ${references.join(', ')}`, ['save', '--', ...references.map(imageArgument)], read),
    tag: async (image, reference) => {
      await cli.call(`tag ${image}`, ['tag', '--', imageArgument(image), imageArgument(reference)])
    },
    cleanUp: async () => cleanUp(cliRemover(await cli.close(), session), made, session),
    leftovers: () => leftovers(cliLeftovers(cli)),
    removeLeftovers: (found) => removeLeftovers(cliLeftovers(cli), found),
  }
}

/** An existing one keeps its own label. */
async function createVolume(cli: Cli, volume: string, session: string): Promise<void> {
  const args = [
    'volume',
    'create',
    ...ENGINES[cli.name].createVolume,
    ...labelFlags(sessionLabels(session)),
    '--',
    nameArgument(volume),
  ]
  await cli.call(`create volume ${volume}`, args)
}

/** Gives a path at which the engine's CLI can write the id of the container that it creates (`--cidfile`). */
function withIdFile<T>(use: (path: string) => Promise<T>): Promise<T> {
  return withTemporaryFolder('id', (folder) => use(join(folder, 'id')))
}

/** '' where no container was created. */
async function readIdFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/**
 * stdout and stderr of a container, their end. Both go to one file, so that they keep the order in which the
 * engine printed them; two pipes would not.
 */
async function logs(cli: Cli, container: string): Promise<string> {
  return withTemporaryFolder('logs', async (folder) => {
    const file = await open(join(folder, 'log'), 'w+')
    try {
      const { exitCode } = await cli.run(['logs', nameArgument(container)], { output: file.fd })
      const { size } = await file.stat()
      const start = Math.max(0, size - bounds.logBytes)
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - start), position: start })
      const text = buffer.toString('utf8', 0, bytesRead)
      if (exitCode !== 0) throw failureOf(cli.name, `read the logs of ${container}`, text)
      return text
    } finally {
      await file.close()
    }
  })
}
