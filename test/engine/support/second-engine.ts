// A Docker Engine beside the one under test, with an /etc of its own in namespaces of its own: nothing of the machine is
// changed, neither its accounts nor its bridges. Needs root, as any dockerd.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface SecondEngine {
  /** What it has as `/`, as far as /etc goes. */
  readonly root: string
  readonly env: Readonly<Record<string, string>>
  start(flags?: readonly string[]): Promise<void>
  /** Its log in full. */
  stop(): Promise<string>
  /** Output of `docker ARGS`, both streams, and whether it went well. */
  docker(args: readonly string[], input?: Buffer): { readonly ok: boolean; readonly output: string }
  remove(): Promise<void>
}

export async function secondEngine(): Promise<SecondEngine> {
  const root = await mkdtemp(join(tmpdir(), 'hi-userns-'))
  // A remapped root is one of the others, and has to pass.
  await chmod(root, 0o711)
  await mkdir(join(root, 'data'))
  must('cp', ['-a', '/etc', join(root, 'etc')])
  await rm(join(root, 'etc/docker'), { recursive: true, force: true })
  const socket = join(root, 'docker.sock')
  const env = { DOCKER_HOST: `unix://${socket}`, DOCKER_CONTEXT: '' }
  let daemon: ChildProcess | null = null
  let log = ''

  const docker = (args: readonly string[], input?: Buffer) => {
    const { status, output } = spawnSync('docker', args, { env: { ...process.env, ...env }, input, timeout: 60_000 })
    return { ok: status === 0, output: output.map((part) => part?.toString() ?? '').join('') }
  }

  const stop = async () => {
    const child = daemon
    if (child === null) return log
    const ids = docker(['ps', '--all', '--quiet']).output.split('\n').filter(Boolean)
    if (ids.length > 0) docker(['rm', '--force', '--volumes', ...ids])
    const closed = new Promise((resolve) => child.once('close', resolve))
    // unshare has become dockerd, so this is its pid.
    child.kill('SIGTERM')
    await Promise.race([closed, delay(20_000, null, { ref: false }).then(() => child.kill('SIGKILL'))])
    daemon = null
    return log
  }

  return {
    root,
    env,
    docker,
    stop,
    start: async (flags = []) => {
      log = ''
      const dockerd = [
        'dockerd',
        `--data-root=${root}/data`,
        `--exec-root=${root}/exec`,
        `--pidfile=${root}/pid`,
        `--host=unix://${socket}`,
        '--bridge=none',
        '--iptables=false',
        '--ip6tables=false',
        ...flags,
      ]
      const script = 'mount --bind "$0/etc" /etc && exec "$@"'
      // In a network namespace of its own it cannot take the first one's docker0 away.
      const child = spawn('unshare', ['--mount', '--net', 'sh', '-c', script, root, ...dockerd], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text) => {
          log += text
        })
      daemon = child
      for (const end = Date.now() + 40_000; ; ) {
        if (docker(['version', '--format', '{{.Server.Version}}']).ok) return
        if (child.exitCode !== null || Date.now() > end) throw new Error(`the second dockerd does not answer:\n${log}`)
        await delay(200)
      }
    },
    remove: async () => {
      await stop()
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** uid of a container's first process and its map, seen from outside. */
export async function outside(engine: SecondEngine, container: string): Promise<{ uid: number; map: string }> {
  const pid = engine.docker(['inspect', '--format', '{{.State.Pid}}', container]).output.trim()
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const map = await readFile(`/proc/${pid}/uid_map`, 'utf8')
  return { uid: Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]), map: map.trim().replace(/\s+/g, ' ') }
}

/** A saved image of the engine under test, for `docker load`. */
export function savedImage(image: string): Buffer {
  const { status, stdout, stderr } = spawnSync('docker', ['save', image], { maxBuffer: 64 << 20 })
  if (status !== 0) throw new Error(stderr.toString())
  return stdout
}

function must(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args)
  if (status !== 0) throw new Error(`${program}: ${stderr}`)
}
