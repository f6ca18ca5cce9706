import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'
import { withTemporaryFolder } from '../temporary.ts'
import { buildFailure } from './build-failure.ts'
import type { Cli } from './cli-process.ts'
import type { BuildRequest, BuildResult } from './engine.ts'
import { imageLabels, labelFlags } from './labels.ts'
import { imageArgument } from './safe-arguments.ts'

const buildTimeoutMs = 30 * 60_000

/**
 * Builds by the engine's CLI. The Dockerfile lies in a folder of its own, never in the context. That folder also gets
 * the copy of the `<Dockerfile>.dockerignore` that would have applied, because it counts only beside the Dockerfile.
 */
export async function build(cli: Cli, request: BuildRequest, session: string): Promise<BuildResult> {
  const started = Date.now()
  return withTemporaryFolder('build', async (folder) => {
    const dockerfile = join(folder, 'Dockerfile')
    const idFile = join(folder, 'image-id')
    await writeFile(dockerfile, request.dockerfile)
    const ignoreFile = await copyIgnoreFile(request.dockerfilePath, `${dockerfile}.dockerignore`)
    const args = [
      ...['build', `--file=${dockerfile}`, `--iidfile=${idFile}`, `--tag=${imageArgument(request.tag)}`],
      ...(cli.name === 'podman' ? ['--pull=missing', '--format=docker'] : ['--pull=false', '--progress=plain']),
      ...(cli.name === 'podman' && ignoreFile !== null ? [`--ignorefile=${ignoreFile}`] : []),
      ...(request.keep ? [] : labelFlags(imageLabels(session))),
      ...(request.target === undefined ? [] : [`--target=${request.target}`]),
      ...(request.platform === undefined ? [] : [`--platform=${request.platform}`]),
      ...Object.entries(request.buildArgs ?? {}).map(([name, value]) => `--build-arg=${name}=${value}`),
      ...['--', request.context ?? (await emptyContext(folder))],
    ]
    const result = await cli.run(args, { timeoutMs: buildTimeoutMs })
    if (result.exitCode !== 0) {
      const context = request.context === null ? null : relative(process.cwd(), request.context) || 'the current folder'
      throw buildFailure(cli.name, `${result.stdout}\n${result.stderr}`, context)
    }
    const id = (await readFile(idFile, 'utf8')).trim()
    if (id === '') throw new HardenError('engine-failed', `${cli.name} built an image but did not say which`)
    return { id: id.includes(':') ? id : `sha256:${id}`, milliseconds: Date.now() - started }
  })
}

async function emptyContext(folder: string): Promise<string> {
  const context = join(folder, 'context')
  await mkdir(context)
  return context
}

async function copyIgnoreFile(dockerfilePath: string | undefined, to: string): Promise<string | null> {
  if (dockerfilePath === undefined) return null
  try {
    const from = `${dockerfilePath}.dockerignore`
    // A pipe would be waited for, and a device has no end.
    const stats = await stat(from)
    if (!stats.isFile() || stats.size > bounds.textBytes)
      throw new Error('it is no regular file, or larger than any text that is read')
    await copyFile(from, to)
    return to
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new HardenError('unreadable', `${dockerfilePath}.dockerignore cannot be read`, { cause: error })
  }
}
