import { execFile } from 'node:child_process'
import { access, lstat, readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { HardenError } from '../../errors.ts'
import { parsePasswd } from '../../image/accounts.ts'
import { readText } from '../../repository/files.ts'
import { type DaemonArguments, daemonArguments, flagsIn, readDaemonConfig } from '../daemon-config.ts'
import type { DaemonFlag, EngineAnswer, HostFacts, HostFile, Kernel } from '../facts.ts'
import { askDocker } from './ask-docker.ts'

interface HostQuery {
  /** Absolute. */
  readonly root: string
  /** Absolute; null for the daemon's own or `<root>/etc/docker/daemon.json`. */
  readonly config: string | null
  /** The account that is asked for; looked up also where the passwd file does not have it. */
  readonly user: string | null
  readonly engine: 'auto' | 'none'
  readonly env: Readonly<Record<string, string | undefined>>
}

const units = [
  'etc/systemd/system/docker.service',
  'etc/systemd/system/docker.service.d',
  'run/systemd/system/docker.service.d',
  'usr/lib/systemd/system/docker.service',
  'lib/systemd/system/docker.service',
  'etc/default/docker',
  'etc/sysconfig/docker',
]

/** Reads what decides about remapping; changes nothing. Throws HardenError for what is there and cannot be read. */
export async function readHost(query: HostQuery): Promise<HostFacts> {
  const root = await checkedRoot(query.root)
  const engine: EngineAnswer =
    query.engine === 'none'
      ? { answers: false, reason: '--engine none' }
      : await askDocker(query.env, query.config ?? (root === '/' ? null : inRoot(root, 'etc/docker/daemon.json')))
  const ofDaemon = query.config === null && root === '/' && engine.answers ? engine.configFile : null
  const path = query.config ?? ofDaemon
  const config = path === null ? await rootFile(root, 'etc/docker/daemon.json') : await hostFile(path, path)
  const passwd = await withUser(root, await rootFile(root, 'etc/passwd'), query.user)
  const loginDefs = await rootFile(root, 'etc/login.defs')
  return {
    root,
    config,
    subuid: await rootFile(root, 'etc/subuid'),
    subgid: await rootFile(root, 'etc/subgid'),
    passwd,
    group: await rootFile(root, 'etc/group'),
    loginDefs: loginDefs.text ?? '',
    kernel: await readKernel(root),
    canAddUsers: await anyExists(['usr/sbin/useradd', 'usr/sbin/adduser', 'sbin/useradd', 'sbin/adduser'], root),
    flags: await unitFlags(root),
    closedFolder: await closedFolder(root, config, engine),
    engine,
  }
}

async function checkedRoot(root: string): Promise<string> {
  try {
    const path = await realpath(root)
    if ((await stat(path)).isDirectory()) return path
  } catch {
    // Said below.
  }
  throw new HardenError('bad-usage', `--root ${root} is not a folder`, {
    hint: 'name the folder that is another system’s /',
  })
}

/** A link in another root leads to files of this system, which must not change. */
async function rootFile(root: string, path: string): Promise<HostFile> {
  const full = inRoot(root, path)
  for (let folder = full; root !== '/'; folder = dirname(folder)) {
    const real = await realpath(folder).catch(() => null)
    if (real === null && folder !== root) continue
    const below = relative(root, real ?? root)
    if (!below.startsWith('..') && !isAbsolute(below)) break
    throw new HardenError('unreadable', `/${path} of ${root} is a link that leads out of it, to ${real}`, {
      hint: 'run inside that system, for example with chroot',
    })
  }
  return hostFile(full, `/${path}`)
}

async function hostFile(path: string, name: string): Promise<HostFile> {
  const isAbsent = async (look: typeof stat | typeof lstat) =>
    (await look(path).catch(({ code }: NodeJS.ErrnoException) => (code === 'ENOENT' ? null : undefined))) === null
  if (!(await isAbsent(stat))) return { path, name, text: await readText(path, name) }
  if (await isAbsent(lstat)) return { path, name, text: null }
  throw new HardenError('unreadable', `${name} is a link to a file that does not exist`, {
    hint: 'make the file, or remove the link',
  })
}

function inRoot(root: string, path: string): string {
  return join(root, path)
}

/** dockerd asks getent for accounts of a directory service; so here, on this system. */
async function withUser(root: string, passwd: HostFile, user: string | null): Promise<HostFile> {
  const name = user?.split(':')[0] ?? ''
  const known = parsePasswd(passwd.text ?? '').some((one) => one.name === name || String(one.uid) === name)
  if (root !== '/' || known || name === '' || name === 'default' || name.startsWith('-')) return passwd
  const found = await promisify(execFile)('getent', ['passwd', name], { timeout: 10_000 }).catch(() => null)
  return found === null ? passwd : { ...passwd, text: `${passwd.text ?? ''}\n${found.stdout}` }
}

async function unitFlags(root: string): Promise<readonly DaemonFlag[]> {
  const found: DaemonFlag[] = []
  const seen = new Set<string>()
  for (const unit of units) {
    const full = join(root, unit)
    const names = await readdir(full).catch(() => null)
    const paths =
      names === null ? [unit] : names.filter((name) => name.endsWith('.conf')).map((name) => join(unit, name))
    for (const path of paths) {
      const real = await realpath(join(root, path)).catch(() => null)
      if (real === null || seen.has(real)) continue
      seen.add(real)
      found.push(...flagsIn(await readText(real, `/${path}`), `/${path}`))
    }
  }
  return found
}

/** dockerd opens its own folder to the remapped root, but none above it. */
async function closedFolder(root: string, config: HostFile, engine: EngineAnswer): Promise<string | null> {
  const ofEngine = engine.answers && engine.readsConfig !== false && engine.freeBytes !== null ? engine.dataRoot : null
  const dataRoot = ofEngine ?? readDaemonConfig(config.text, config.name).dataRoot ?? '/var/lib/docker'
  const base = ofEngine === null ? root : '/'
  for (let folder = dirname(resolve('/', dataRoot)); folder !== '/'; folder = dirname(folder)) {
    const stats = await stat(join(base, folder)).catch(() => null)
    if (stats !== null && (stats.mode & 0o001) === 0) return folder
  }
  return null
}

async function anyExists(paths: readonly string[], root: string): Promise<boolean> {
  for (const path of paths) {
    if (
      await access(join(root, path)).then(
        () => true,
        () => false,
      )
    )
      return true
  }
  return false
}

/** Of the kernel that runs `root`; another root without a /proc says nothing of its kernel. */
async function readKernel(root: string): Promise<Kernel> {
  const text = await readFile(join(root, 'proc/sys/user/max_user_namespaces'), 'utf8').catch(() => null)
  const maximum = text === null || !/^\d+\s*$/.test(text) ? null : Number(text)
  if (maximum !== null) return { maximum, supported: true }
  const knows = await exists(join(root, 'proc/self/ns'))
  return { maximum: null, supported: knows ? await exists(join(root, 'proc/self/ns/user')) : null }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

interface RunningDaemon extends DaemonArguments {
  readonly pid: number
  /** The path as the daemon sees it. */
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
  // The daemon may have another root, or other mounts.
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

/** This also holds for files that do not exist yet. */
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
