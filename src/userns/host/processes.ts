import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type DaemonArguments, daemonArguments } from '../daemon-arguments.ts'
import { readDaemonConfig } from '../daemon-config.ts'

export interface RunningDaemon extends DaemonArguments {
  readonly pid: number
  /** As it sees it itself. */
  readonly configFile: string
  readonly dataRoot: string
  /** Whether `path` here is the very file that it reads. */
  reads(path: string): Promise<boolean>
}

const defaultConfig = '/etc/docker/daemon.json'

/** The dockerd processes of this machine. */
export async function runningDaemons(): Promise<readonly RunningDaemon[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(pids.map((pid) => running(Number(pid)).catch(() => null)))
  return found.filter((daemon) => daemon !== null)
}

async function running(pid: number): Promise<RunningDaemon | null> {
  const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1)
  const given = daemonArguments(argv)
  if (given === null) return null
  const configFile = given.configFile ?? defaultConfig
  // It may have another root, or other mounts.
  const inside = (path: string) => join(`/proc/${pid}/root`, path)
  const dataRoot = given.dataRoot ?? (await configuredRoot(inside(configFile))) ?? '/var/lib/docker'
  return {
    pid,
    ...given,
    configFile,
    dataRoot,
    reads: (path) => isSame(inside(configFile), path),
  }
}

/** Also of files that do not exist: where they would be. */
async function isSame(one: string, other: string): Promise<boolean> {
  const [its, ours] = await Promise.all([one, other].map((path) => stat(path).catch(() => null)))
  if (its && ours) return its.ino === ours.ino && its.dev === ours.dev
  if (its || ours || basename(one) !== basename(other) || dirname(one) === one) return false
  return isSame(dirname(one), dirname(other))
}

async function configuredRoot(path: string): Promise<string | null> {
  try {
    return readDaemonConfig(await readFile(path, 'utf8'), path).dataRoot
  } catch {
    // It does not exist, or it has changed since the daemon read it.
    return null
  }
}
