import { type Need, question, type Remark, stateNeed } from '../evidence/claim.ts'
import { HOST_SOCKET, type ImageRun, mountsHost, type RunMount, usualRun } from '../image/image-run.ts'
import {
  baseName,
  isForEverybody,
  isInside,
  isPrivateKey,
  isRuntimePlace,
  looksLikeFile,
  normalisePath,
  PUBLIC_KEY,
  parentOf,
} from '../places.ts'
import { choices } from '../words.ts'
import type { AccountChoice } from './plan.ts'
import type { PlanContext } from './plan-context.ts'

/**
 * What is mounted from a host or a cluster and keeps its owner where the program may write it: one question for each mount, and for
 * each private key, which is its owner's alone. A mount into root's home is out of reach for another user, which a person has to
 * decide.
 */
export function mountRemarks({ input }: PlanContext, account: Pick<AccountChoice, 'home'>): readonly Remark[] {
  const runs = (input.dependents?.runs ?? []).filter(({ user }) => user === null)
  const inHome = inHomeOfRoot(runs, input, account)
  const found = new Map<string, Remark>()
  for (const { by, mounts, env } of runs)
    for (const mount of mounts) {
      const { source, target } = mount
      if (found.has(target) || (inHome.length > 0 && isInside(target, ROOTS))) continue
      const said = `${by} mounts ${source === '' ? 'a folder' : source} over ${target}`
      const key = privateKeyIn(mount, new Map([...input.facts.config.env, ...env]))
      if (key !== null)
        found.set(target, question('host-folder', key.path, `${said}: a private key is for its owner alone`))
      else if (mount.isFollowed !== true && (mayBeWritten(mount) || (mount.kind === 'claim' && !mount.readOnly)))
        found.set(target, question('host-folder', target, `${said}, which keeps its owner`))
    }
  return [...inHome, ...found.values()]
}

interface PrivateKey {
  /** In the container. */
  readonly path: string
  /** The variable that names it; null where the mount itself does. */
  readonly by: string | null
}

/** A private key that a run mounts from the host: the file itself, or a file in a mounted folder that a variable names. Null for none. */
export function privateKeyIn(
  { kind, source, target, from }: RunMount,
  env: ReadonlyMap<string, string | null>,
): PrivateKey | null {
  // Files of the repository are readable by everybody, as git makes them.
  if (kind !== 'host' || from === 'file') return null
  if (isPrivateKey(target) || (looksLikeFile(target) && isPrivateKey(source))) return { path: target, by: null }
  for (const [name, value] of env) {
    if (value === null || !value.startsWith('/') || !isInside(value, target)) continue
    if (isPrivateKey(value) || (KEY_VARIABLE.test(name) && !PUBLIC_KEY.test(baseName(value)) && looksLikeFile(value)))
      return { path: normalisePath(value) ?? value, by: name }
  }
  return null
}

/** `TLS_KEY`, `SSL_KEY_FILE`, `HTTPS_KEY_PATH`, `Kestrel__Certificates__Default__KeyPath`. */
const KEY_VARIABLE =
  /(?:TLS|SSL|HTTPS?|CERT|PRIVATE|SIGNING|RSA|JWT|SSH)_?(?:PRIVATE_?)?KEY(?:_?(?:FILE|PATH|LOCATION))?$|_KEY_?(?:FILE|PATH)$|__KeyPath$/i

/** A folder of the host, or a file that programs edit in place, which the container may write and which is not the host's own. */
export function mayBeWritten(mount: RunMount): boolean {
  const { kind, source, target, readOnly, from } = mount
  if (kind !== 'host' || readOnly || HOST_SOCKET.test(source) || mountsHost(mount)) return false
  const isFile = from === 'file' || (looksLikeFile(target) && !WRITTEN_FILE.test(target))
  return !isFile && !isRuntimePlace(target) && !isForEverybody(target) && !OF_SYSTEM.test(target)
}

/** Files that programs edit in place. Other single files are mounted to be read. */
const WRITTEN_FILE = /\.(?:db|db3|sqlite3?|rdb|mdb|log|pid)$/i
/** What a container is given to read of its host. */
const OF_SYSTEM =
  /^\/(?:run|var\/run|lib\/modules|usr(?!\/(?:src|app|local\/src)\/)|bin|sbin|etc\/(?:localtime|timezone|ssl|pki|ca-certificates|passwd|group))(?:\/|$)/

/** A new volume takes its owner from the folder in the image where it is mounted, and so does each folder above it. */
export function mountPoints({ input }: PlanContext, account: Pick<AccountChoice, 'home'>): readonly Need[] {
  const runs = (input.dependents?.runs ?? []).filter(({ user }) => user === null)
  const found = mountInHome(runs, input, account)
  if (found === null || found.mount.kind !== 'volume' || found.mount.readOnly) return []
  const { run, home, other } = found
  const folders: string[] = []
  for (let at = other; at !== home && isInside(at, home); at = parentOf(at)) folders.push(at)
  return folders.map((path) =>
    stateNeed(path, 'declared', { source: 'declared', detail: `where what ${run.by} mounts belongs now` }),
  )
}

interface MountInHome {
  readonly run: ImageRun
  readonly mount: RunMount
  /** Of the user. */
  readonly home: string
  /** The same place in there. */
  readonly other: string
}

/** The first mount into the home of root of the usual run; null for none. */
function mountInHome(
  runs: readonly ImageRun[],
  { facts: { config } }: PlanContext['input'],
  account: Pick<AccountChoice, 'home'>,
): MountInHome | null {
  // It is the working folder of a program that starts there, and not the home of one whose HOME is elsewhere.
  const isHome = isInside(config.env.get('HOME') ?? ROOTS, ROOTS) && !isInside(config.workdir, ROOTS)
  const isOf = ({ target, from }: RunMount): boolean =>
    (target === ROOTS ? isHome && from === undefined : isInside(target, ROOTS)) &&
    !OF_PEOPLE.test(target) &&
    !config.volumes.some((path) => isInside(target, path))
  const run = usualRun(
    runs.filter(({ mounts }) => mounts.some(isOf)),
    () => true,
  )
  const mount = run?.mounts.find(isOf)
  if (run === null || mount === undefined) return null
  const home = account.home === '' || account.home === '/' ? '/home/app' : account.home
  return { run, mount, home, other: mount.target.replace(ROOTS, home) }
}

/** A program finds this by root's home; it now has another home and may not enter root's. */
function inHomeOfRoot(
  runs: readonly ImageRun[],
  input: PlanContext['input'],
  account: Pick<AccountChoice, 'home'>,
): readonly Remark[] {
  const found = mountInHome(runs, input, account)
  if (found === null) return []
  const { run, other } = found
  const { source, target } = found.mount
  const what =
    target === ROOTS
      ? 'the home of root: the user may not enter it, and looks in its own'
      : 'in the home of root: the user may not enter it, and looks for it in its own home'
  return [
    {
      outcome: 'todo',
      transform: 'report-remarks',
      message: `${run.by} mounts ${source === '' ? 'a volume' : source} over ${target}, ${what}`,
      hint: choices(`mount it over ${other}`, 'tell the program another place by a variable of its own'),
      evidence: [{ source: 'declared', subject: target, detail: `mounted by ${run.by}` }],
    },
  ]
}

const ROOTS = '/root'
/** For whoever works in a container of it. */
const OF_PEOPLE = /^\/root\/\.(ssh|gitconfig|gnupg|\w*_?history|bashrc|profile|zshrc|vscode-server|config\/git)(\/|$)/
