import { statfs } from 'node:fs/promises'
import { hostname, release } from 'node:os'
import { type Cli, createCli } from '../../engine/cli/process.ts'
import { HardenError } from '../../errors.ts'
import type { ContainerInfo } from '../containers.ts'
import type { EngineAnswer } from '../facts.ts'
import { runningDaemons } from './read-host.ts'

interface Info {
  readonly ServerVersion?: string
  readonly ServerErrors?: readonly string[] | null
  readonly Name?: string
  readonly KernelVersion?: string
  readonly Driver?: string
  readonly DockerRootDir?: string
  readonly Images?: number
  readonly SecurityOptions?: readonly string[] | null
}

const defaultConfig = '/etc/docker/daemon.json'

/** What the docker engine of this host says; never throws for one that does not answer. `config` null: its own. */
export async function askDocker(
  env: Readonly<Record<string, string | undefined>>,
  config: string | null,
): Promise<EngineAnswer> {
  const cli = createCli({ name: 'docker', binary: 'docker', env: { ...env, LC_ALL: 'C.UTF-8', NO_COLOR: '1' } })
  try {
    return await ask(cli, config)
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    return { answers: false, reason: error.message }
  }
}

async function ask(cli: Cli, config: string | null): Promise<EngineAnswer> {
  const info = parse(await cli.call('answer', ['info', '--format={{json .}}'], { timeoutMs: 20_000 })) as Info
  if (!info.ServerVersion) {
    const reason = (info.ServerErrors ?? []).join('; ') || 'docker is not Docker Engine here'
    return { answers: false, reason }
  }
  if (info.Name !== hostname() || info.KernelVersion !== release()) {
    return { answers: false, reason: `the engine that answers belongs to another machine, ${info.Name ?? 'unnamed'}` }
  }
  const options = info.SecurityOptions ?? []
  const remapped = options.some((option) => /(^|=)userns\b/.test(option))
  const dataRoot = info.DockerRootDir ?? '/var/lib/docker'
  const bare = remapped ? dataRoot.replace(/\/\d+\.\d+$/, '') : dataRoot
  const daemon = (await runningDaemons()).find((one) => one.dataRoot === bare) ?? null
  const free = await statfs(bare).catch(() => null)
  return {
    answers: true,
    version: info.ServerVersion.replace(/^v|\+.*$/gs, ''),
    storageDriver: info.Driver ?? 'unknown',
    dataRoot,
    remapped,
    rootless: options.some((option) => option.includes('rootless')),
    containers: await containersOf(cli),
    images: info.Images ?? 0,
    usage: await usageOf(cli),
    freeBytes: free === null ? null : free.bavail * free.bsize,
    configFile: daemon?.configFile ?? null,
    readsConfig: daemon === null ? null : await daemon.reads(config ?? daemon.configFile ?? defaultConfig),
    flag: daemon?.remap ?? null,
  }
}

async function containersOf(cli: Cli): Promise<readonly ContainerInfo[]> {
  const ids = (await cli.call('list containers', ['ps', '--all', '--quiet', '--no-trunc'])).split('\n').filter(Boolean)
  if (ids.length === 0) return []
  // A container that ends in between makes the call fail, but the others are printed all the same.
  const { stdout } = await cli.run(['inspect', '--type=container', '--', ...ids])
  return (parse(stdout || '[]') as readonly ContainerInfo[]) ?? []
}

async function usageOf(cli: Cli): Promise<readonly string[]> {
  // This takes long on a slow disk, and is only an extra.
  const result = await cli
    .run(['system', 'df', '--format', '{{.Type}} {{.Size}}'], { timeoutMs: 20_000 })
    .catch(() => null)
  if (result?.exitCode !== 0) return []
  return result.stdout.split('\n').filter((line) => /^(Images|Local Volumes) /.test(line) && !line.endsWith(' 0B'))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new HardenError('engine-failed', 'docker gave an answer that is not JSON')
  }
}
