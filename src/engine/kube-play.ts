import { HardenError } from '../errors.ts'
import type { ComposeContainer } from './compose.ts'
import type { Engine } from './engine.ts'
import { answerOf } from './inspect.ts'

/** `podman kube play`, run pod by pod. A call that ends badly is told in words; only one that cannot be made throws. */
export interface KubePlay {
  /** Makes and starts a pod: `text` is one Pod. Gives what went wrong, null for nothing: what came up by then stays up. */
  play(text: string, options: PlayOptions): Promise<string | null>
  /** Containers of all pods with this label, without those that hold a pod together; `service`: the container's name. */
  containers(label: string): Promise<readonly ComposeContainer[]>
  stop(pod: string, graceSeconds: number): Promise<string | null>
  /** With its init containers, which it waits for. */
  start(pod: string, timeoutMs: number): Promise<string | null>
  /** No error where it is gone. */
  remove(pods: readonly string[]): Promise<void>
  /** A volume with these labels; gives the folder of the engine's machine that it is. */
  createVolume(name: string, labels: readonly string[]): Promise<string>
  /** A network that leads out, with these labels. */
  createNetwork(name: string, labels: readonly string[]): Promise<void>
  /** The first three numbers of the addresses of a network, with their dots: `10.89.1.` */
  prefixOf(network: string): Promise<string>
}

interface PlayOptions {
  readonly network: string
  readonly address: string
  readonly timeoutMs: number
}

const CALL = 60_000

/** Throws `no-engine` where the engine has no pods. */
export function kubePlay({ pods, name }: Pick<Engine, 'pods' | 'name'>): KubePlay {
  if (pods === undefined)
    throw new HardenError('no-engine', `${name} has no kube play: that is podman's`, { hint: INSTALL })
  const wrong = async (args: readonly string[], timeoutMs: number, input?: string): Promise<string | null> => {
    try {
      const { exitCode, stdout, stderr } = await pods(args, { timeoutMs, ...(input !== undefined && { input }) })
      if (exitCode === 0) return null
      if (/pause image|catatonit/.test(stderr))
        throw new HardenError('no-engine', `podman cannot hold a pod together: ${lastWords(stderr)}`, { hint: INSTALL })
      return lastWords(`${stdout}\n${stderr}`)
    } catch (error) {
      if (error instanceof HardenError && error.code === 'timeout')
        return `it did not come so far within ${Math.round(timeoutMs / 1000)} s`
      throw error
    }
  }
  const told = async (what: string, args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await pods(args, { timeoutMs: CALL })
    if (exitCode === 0) return stdout.trim()
    throw new HardenError('engine-failed', `podman could not ${what}: ${lastWords(stderr)}`)
  }
  return {
    play: (text, { network, address, timeoutMs }) => {
      const place = [`--network=${network}`, `--ip=${address}`]
      const logs = ['--log-driver=k8s-file', '--log-opt=max-size=8mb']
      return wrong(['kube', 'play', '--quiet', ...place, ...logs, '-'], timeoutMs, text)
    },
    async containers(label) {
      const args = ['ps', '--all', '--no-trunc', `--filter=label=${label}`, '--format=json']
      const raw = answerOf<readonly RawContainer[]>((await told('list the containers of pods', args)) || '[]')
      return raw.flatMap(({ Id = '', Names }) => (Id === '' ? [] : [{ id: Id, service: Names?.[0] ?? '' }]))
    },
    stop: (pod, grace) => wrong(['pod', 'stop', `--time=${grace}`, pod], CALL + grace * 10_000),
    start: (pod, timeoutMs) => wrong(['pod', 'start', pod], timeoutMs),
    async remove(names) {
      if (names.length > 0) await pods(['pod', 'rm', '--force', '--ignore', '--time=0', ...names], { timeoutMs: CALL })
    },
    async createVolume(name, labels) {
      await told(`make the volume ${name}`, ['volume', 'create', ...labels, name])
      return told(`find the volume ${name}`, ['volume', 'inspect', '--format={{.Mountpoint}}', name])
    },
    async createNetwork(name, labels) {
      await told(`make the network ${name}`, ['network', 'create', '--disable-dns', ...labels, name])
    },
    async prefixOf(network) {
      const json = await told(`find the network ${network}`, ['network', 'inspect', network])
      const [found] = answerOf<readonly RawNetwork[]>(json)
      const subnet = found?.subnets?.find(({ subnet: one }) => one?.includes('.') === true)?.subnet
      const [, prefix] = /^(\d+\.\d+\.\d+\.)\d+\/(?:[89]|1\d|2[0-4])$/.exec(subnet ?? '') ?? []
      if (prefix !== undefined) return prefix
      throw new HardenError('engine-failed', 'podman does not tell the addresses of its network', {
        hint: 'use podman 4 or later, with netavark',
      })
    },
  }
}

/** What a machine needs to play manifests. */
export const INSTALL = 'install podman with what holds pods and networks together (Debian: podman catatonit netavark)'

interface RawContainer {
  readonly Id?: string
  readonly Names?: readonly string[] | null
}

interface RawNetwork {
  readonly subnets?: readonly { readonly subnet?: string }[]
}

/** A count of what failed says less than what stands before it. */
function lastWords(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/ level=(warning|info)|^[\da-f]{64}$|^(Pods?|Containers?):$/.test(line))
  const telling = lines.filter((line) => !/^Error: failed to start \d+ containers?$/.test(line))
  return (telling.at(-1) ?? lines.at(-1) ?? 'it does not say why').replace(/^Error: /, '')
}
