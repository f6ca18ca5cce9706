import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { bounds } from '../../bounds.ts'
import { HardenError } from '../../errors.ts'
import { ANYWHERE, readIn } from '../../files-in.ts'
import { withTemporaryFolder } from '../../temporary.ts'
import { imageArgument } from '../arguments.ts'
import { imageLabels, labelFlags } from '../clean-up.ts'
import type { Builder, BuildRequest, BuildResult } from '../engine.ts'
import { builderFailure, buildFailure } from '../failure.ts'
import { ENGINES } from '../kinds.ts'
import type { Cli } from './process.ts'

const buildTimeoutMs = 30 * 60_000

/** A builder of its own may have to be started, and its image pulled. */
const builderTimeoutMs = 5 * 60_000

/**
 * Builds by the engine's CLI. The Dockerfile lies in a folder of its own, never in the context. That folder also gets
 * the copy of the `<Dockerfile>.dockerignore` that would have applied, because it counts only beside the Dockerfile.
 */
export async function build(cli: Cli, request: BuildRequest, session: string): Promise<BuildResult> {
  const started = Date.now()
  return withTemporaryFolder('build', async (folder) => {
    const kind = ENGINES[cli.name]
    const dockerfile = join(folder, 'Dockerfile')
    const idFile = join(folder, 'image-id')
    await writeFile(dockerfile, request.dockerfile)
    const ignoreFile = await copyIgnoreFile(request.dockerfilePath, `${dockerfile}.dockerignore`)
    const { told, builder } = request
    const args = [
      // A builder of its own keeps what it builds to itself, unless it is told otherwise.
      ...(builder === undefined ? ['build'] : ['buildx', 'build', `--builder=${builder}`, '--load']),
      ...[`--file=${dockerfile}`, `--iidfile=${idFile}`, `--tag=${imageArgument(request.tag)}`],
      ...kind.build,
      ...(kind.ignoreFile !== null && ignoreFile !== null ? [`${kind.ignoreFile}=${ignoreFile}`] : []),
      ...(request.keep ? [] : labelFlags(imageLabels(session))),
      ...(request.target === undefined ? [] : [`--target=${request.target}`]),
      ...(request.platform === undefined ? [] : [`--platform=${request.platform}`]),
      ...Object.entries(request.buildArgs ?? {}).map(([name, value]) => `--build-arg=${name}=${value}`),
      ...Object.entries(request.images ?? {}).map(([name, source]) => `--build-context=${name}=${source}`),
      ...['--', request.context ?? (await emptyContext(folder))],
    ]
    const result = await cli.run(args, { timeoutMs: buildTimeoutMs, ...(told === undefined ? {} : { told }) })
    if (result.exitCode !== 0) {
      const context = request.context === null ? null : relative(process.cwd(), request.context) || 'the current folder'
      throw buildFailure(cli.name, `${result.stdout}\n${result.stderr}`, context)
    }
    const id = builder === undefined ? (await readFile(idFile, 'utf8')).trim() : await loadedId(cli, request.tag)
    if (id === '') throw new HardenError('engine-failed', `${cli.name} built an image but did not say which`)
    return { id: id.includes(':') ? id : `sha256:${id}`, milliseconds: Date.now() - started }
  })
}

/** What the engine has loaded goes by the id that it gives it, which need not be the builder's. */
async function loadedId(cli: Cli, tag: string): Promise<string> {
  const { stdout } = await cli.run(['image', 'inspect', '--format={{.Id}}', '--', imageArgument(tag)])
  return stdout.trim()
}

/** Throws HardenError `no-engine` for one that is not there, does not begin, or builds into another engine. */
export async function builderNamed(cli: Cli, name: string): Promise<Builder> {
  if (!ENGINES[cli.name].hasBuilders)
    throw new HardenError('no-engine', `${cli.name} has no builders of docker buildx, such as ${name}`, {
      hint: 'leave out --builder, or use --engine docker',
    })
  const { exitCode, stdout, stderr } = await cli.run(['buildx', 'inspect', '--bootstrap', '--', name], {
    timeoutMs: builderTimeoutMs,
  })
  if (exitCode !== 0) throw builderFailure(name, stderr)
  const said = (field: string): readonly string[] =>
    [...stdout.matchAll(new RegExp(`^${field}:[ \\t]+(.*)$`, 'gm'))].map(([, value = '']) => value.trim())
  const [wrong] = said('Error')
  if (wrong !== undefined) throw builderFailure(name, wrong)
  const [driver = ''] = said('Driver')
  const isOfEngine = driver === 'docker'
  const [endpoint = ''] = said('Endpoint')
  // The driver docker is an engine, which keeps what it builds: `--load` brings it nowhere else.
  if (isOfEngine && endpoint !== (await cli.call('name its context', ['context', 'show'])))
    throw new HardenError(
      'no-engine',
      `the builder ${name} is the engine of the context ${endpoint}, and not this one`,
      {
        hint: `use that engine with DOCKER_CONTEXT=${endpoint}, or make a builder on it: docker buildx create --name NAME ${endpoint}`,
      },
    )
  return { name, isOfEngine }
}

async function emptyContext(folder: string): Promise<string> {
  const context = join(folder, 'context')
  await mkdir(context)
  return context
}

async function copyIgnoreFile(dockerfilePath: string | undefined, to: string): Promise<string | null> {
  if (dockerfilePath === undefined) return null
  try {
    await writeFile(to, readIn(ANYWHERE, `${dockerfilePath}.dockerignore`, bounds.textBytes))
    return to
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new HardenError('unreadable', `${dockerfilePath}.dockerignore cannot be read`, { cause: error })
  }
}
