import { argvOf } from '../command/index.ts'
import { type Evidence, type Need, type Remark, stateNeed } from '../evidence/claim.ts'
import { isOnlyServed, isTold } from '../evidence/declared.ts'
import { CHANGES } from '../evidence/operation.ts'
import type { StageView } from '../evidence/provider.ts'
import { isMadeEmpty } from '../evidence/script-writes.ts'
import { startedByRules } from '../evidence/servers.ts'
import { writtenAsTold } from '../evidence/source-folders.ts'
import { startedCommands } from '../evidence/working-folder.ts'
import { HOST_SOCKET, type ImageRun, isCalledKept, mountsHost, type RunMount, usualRun } from '../image/image-run.ts'
import {
  baseName,
  isForEverybody,
  isInside,
  isOwnPlace,
  isPrivateKey,
  isRuntimePlace,
  isStatePlace,
  looksLikeFile,
  normalisePath,
  PUBLIC_KEY,
  parentOf,
} from '../places.ts'
import type { AccountChoice, Grant } from './plan.ts'
import type { PlanContext } from './plan-context.ts'

interface Found {
  readonly run: ImageRun
  readonly mount: RunMount
  /** What is written there; null where its name alone says so. */
  readonly need: Pick<Need, 'path' | 'evidence'> | null
}

/**
 * What is mounted over places that the program writes and does not take its owner from the image: files of the host, and claims of a
 * cluster; and what is mounted into the home of root. One remark for all, of the first that is not just somebody's sources; and one for
 * all else of the host that can be written there, of which nothing shows that it is.
 */
export function mountRemarks(
  context: PlanContext,
  account: Pick<AccountChoice, 'uid' | 'gid' | 'home'>,
  grants: readonly Pick<Grant, 'path' | 'kind' | 'evidence'>[],
): readonly Remark[] {
  const { input } = context
  const runs = (input.dependents?.runs ?? []).filter(({ user }) => user === null)
  const inHome = inHomeOfRoot(runs, input, account)
  const found = mountedOver(runs, context, grants).filter(
    ({ mount: { target } }) => inHome.length === 0 || !isInside(target, '/root'),
  )
  const hosts = found.filter(({ mount: { kind, from } }) => kind === 'host' && from !== 'checkout')
  const claims = found.filter(({ mount: { kind } }) => kind === 'claim')
  const sources = found.filter(({ mount: { from } }) => from === 'checkout')
  const [first] = [hosts, claims, sources].filter(({ length }) => length > 0)
  const [one, ...more] = first ?? []
  const told = [
    ...(one === undefined ? [] : [remarkOn(one, more.length, context, account)]),
    ...closedKeys(runs, context, account),
  ]
  if (inHome.length > 0) return [...inHome, ...told]
  return [
    ...told,
    ...perhapsWritten(runs, found, account, context),
    ...shared(runs, context),
    ...hiddenBelow(runs, grants),
  ]
}

/** Private keys of the host, which is nobody's to read but their owner's: openssl, certbot and dotnet dev-certs make them 0600. */
function closedKeys(
  runs: readonly ImageRun[],
  { input: { facts } }: PlanContext,
  { uid, gid }: Pick<AccountChoice, 'uid' | 'gid'>,
): readonly Remark[] {
  const found = new Map<string, { readonly run: ImageRun; readonly mount: RunMount; readonly key: PrivateKey }>()
  for (const run of runs)
    for (const mount of run.mounts) {
      const key = privateKeyIn(mount, new Map([...facts.config.env, ...run.env]))
      if (key !== null && !found.has(key.path)) found.set(key.path, { run, mount, key })
    }
  const [first, ...more] = found.values()
  if (first === undefined) return []
  const { run, mount, key } = first
  const said = saidOf(run, mount, more.length)
  const what = key.path === mount.target ? 'a private key' : `and ${key.path} in it is a private key`
  const file = mount.source === '' || mount.target !== key.path ? baseName(key.path) : mount.source
  const group = gid < 0 ? 'the group that the account has in the built image' : String(gid)
  return [
    {
      outcome: 'todo',
      transform: 'report-remarks',
      message: `${said}, ${what}${key.by === null ? '' : ` (${key.by})`}: such a file is for its owner alone, and the user may not read it`,
      hint: `let its group read it (chgrp ${group} ${file} && chmod 640 ${file} on the host), or run it as its owner (user: in the service, --user${uid < 0 ? '' : ' here'})`,
      evidence: [{ source: 'declared', subject: key.path, detail: `mounted by ${run.by}` }],
    },
  ]
}

interface PrivateKey {
  /** In the container. */
  readonly path: string
  /** The variable that names it; null where the mount itself does. */
  readonly by: string | null
}

/** A private key that a run binds from the host: the file itself, or what a variable names in a folder; null for none. */
export function privateKeyIn(
  { kind, source, target, from }: RunMount,
  env: ReadonlyMap<string, string | null>,
): PrivateKey | null {
  // What the repository has is as git makes it: for everybody to read.
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

/** Nobody has seen what is written there: those that are not told of, once. A todo where it is likely, else a note. */
function perhapsWritten(
  runs: readonly ImageRun[],
  told: readonly Found[],
  { uid, gid }: Pick<AccountChoice, 'uid' | 'gid'>,
  context: PlanContext,
): readonly Remark[] {
  const known = new Set(told.map(({ mount: { target } }) => target))
  const others = new Map<string, { readonly run: ImageRun; readonly mount: RunMount }>()
  for (const run of runs)
    for (const mount of run.mounts) {
      const { target } = mount
      if (!mayBeWritten(mount) || mount.isFollowed === true || known.has(target)) continue
      // Sources that somebody works on come last.
      if (!others.has(target) || others.get(target)?.mount.from === 'checkout') others.set(target, { run, mount })
    }
  const [first, ...more] = [...others.values()]
    .map((one) => ({ ...one, likely: isLikelyWritten(one, context) }))
    .toSorted(
      (a, b) =>
        Number(b.likely) - Number(a.likely) ||
        Number(a.mount.from === 'checkout') - Number(b.mount.from === 'checkout'),
    )
  if (first === undefined) return []
  const { run, mount, likely } = first
  const at = saidOf(run, mount, more.length)
  const isDeclared = context.input.facts.config.volumes.includes(mount.target)
  return [
    {
      outcome: likely ? 'todo' : 'note',
      transform: 'report-remarks',
      message: likely
        ? `${at}, which keeps its owner: cannot tell whether the user may write there`
        : isDeclared
          ? `${at}, which keeps its owner: a VOLUME is for what is written, and the user may not`
          : `${at}, which keeps its owner: nothing shows that it is written, and the user may not`,
      hint: `where the program writes there, ${stepFor(mount, uid, gid)}`,
      evidence: [{ source: 'declared', subject: mount.target, detail: `mounted by ${run.by}` }],
    },
  ]
}

/**
 * The program starts in it, its name says that it is for what comes out, or nobody has read the program. A run that was looked at
 * tells better, and sources over their own copy are for those who work on them.
 */
function isLikelyWritten(
  { run, mount }: Pick<Found, 'run' | 'mount'>,
  { input: { facts, observation, stated }, report }: PlanContext,
): boolean {
  const { view } = stated
  const { source, target, from } = mount
  if (observation !== null || looksLikeFile(target) || isOnlyServed(target, view)) return false
  const isCopied = view.contents.copies.some(({ destination }) => isInside(destination, target))
  if (from === 'checkout' && isCopied) return false
  if (from === undefined && isTold(target, facts.config)) return true
  if (from === undefined && CONFIGURES.test(lastOf(target)) && isMadeEmpty(target, view.contents)) return true
  if ([target, ...(from === 'checkout' ? [] : [source])].some((path) => OUTPUT_NAME.test(lastOf(path)))) return true
  const workdir = normalisePath(facts.config.workdir, '/') ?? '/'
  if (workdir !== '/' && isInside(workdir, target)) return true
  if ([argvOf(facts.config), ...report.launches.map(({ words }) => words)].some((words) => puts(words, target)))
    return true
  return run.kind !== 'pod' && isOwnPlace(target) && !IS_READ.test(lastOf(target)) && !isProgramRead(view)
}

/** What people call a folder for what a tool makes. */
const OUTPUT_NAME =
  /^(?:out|outputs?|artifacts?|results?|dist|exports?|exported|reports?|generated|rendered|converted)$/i
/** Programs read their settings, and many write them: those that are given an empty folder more than others. */
const CONFIGURES = /^(?:conf(?:ig)?s?|settings)$/i
/** What a program is given to read. */
const IS_READ =
  /^(?:conf(?:ig)?s?|conf\.d|settings|certs?|certificates|ssl|tls|keys?|secrets?|templates?|static|assets|html|www|public|site|models?|inputs?|in|src|source|dashboards|provisioning|rules|themes?|locales?|fonts?|scripts?)$/i

function lastOf(path: string): string {
  return path.split('/').findLast((part) => part !== '') ?? ''
}

/** `mv dist /out`, `cp -r a b /out`, `tee /out/log` */
function puts(words: readonly string[], folder: string): boolean {
  const at = words.findIndex((word) => /^(?:mv|cp|install|rsync|tee)$/.test(lastOf(word)))
  const target = at < 0 ? null : normalisePath(words.slice(at + 1).findLast((word) => !word.startsWith('-')) ?? '')
  return target !== null && isInside(target, folder)
}

/** Its sources are in the context, or the catalogue tells of it. */
function isProgramRead({ listed, start: { programs }, servers, contents, builders }: StageView): boolean {
  if (listed || startedByRules(programs, servers).length > 0) return true
  return [contents, ...builders].some(({ texts }) => [...texts.keys()].some((path) => SOURCE.test(path)))
}

const SOURCE = /\.(?:py|[cm]?[jt]sx?|rb|ru|php|p[lm]|go|rs|java|kt|scala|cs|fs|exs?|lua|sh|c|cc|cpp|hs|swift|dart)$/

/** A folder of the host, or a file that programs change in place, which the container may write, and not one that is the host's own. */
export function mayBeWritten(mount: RunMount): boolean {
  const { kind, source, target, readOnly, from } = mount
  if (kind !== 'host' || readOnly || HOST_SOCKET.test(source) || mountsHost(mount)) return false
  const isFile = from === 'file' || (looksLikeFile(target) && !WRITTEN_FILE.test(target))
  return !isFile && !isRuntimePlace(target) && !isForEverybody(target) && !OF_SYSTEM.test(target)
}

/** A file that a program changes in place; others of a single file are read. */
const WRITTEN_FILE = /\.(?:db|db3|sqlite3?|rdb|mdb|log|pid)$/i
/** What a container is given to read of its host. */
const OF_SYSTEM =
  /^\/(?:run|var\/run|lib\/modules|usr(?!\/(?:src|app|local\/src)\/)|bin|sbin|etc\/(?:localtime|timezone|ssl|pki|ca-certificates|passwd|group))(?:\/|$)/

function saidOf({ by }: ImageRun, { source, target }: RunMount, more: number): string {
  return `${by} mounts ${source === '' ? 'a folder' : source} over ${target}${more === 0 ? '' : ` (and ${more} more)`}`
}

/** For the person, once. */
function stepFor({ source }: RunMount, uid: number, gid: number): string {
  // Of an account that only the build makes nobody knows the number.
  if (uid < 0 || gid < 0)
    return `give ${source === '' ? 'it' : source} on the host once to the number that the account has in the built image, or run it as its owner (user: in the service, --user here)`
  return `give it to the user once (chown -R ${uid}:${gid} ${source} on the host), or run it as its owner (user: in the service, --user here)`
}

/** A volume that a container of another image writes too: who comes first gives it its owner. */
function shared(runs: readonly ImageRun[], { needs }: PlanContext): readonly Remark[] {
  for (const { by, mounts } of runs)
    for (const { source, target, sharedWith } of mounts) {
      if (sharedWith === undefined || !needs.some(({ access, path }) => access === 'keep-state' && path === target))
        continue
      return [
        {
          outcome: 'note',
          transform: 'report-remarks',
          message: `${by} shares the volume ${source} with ${sharedWith}: a new one belongs to the user of that which starts first`,
          hint: 'run both as one user (--user, user: in the service) where both write there',
          evidence: [{ source: 'declared', subject: target, detail: `a volume of ${by}` }],
        },
      ]
    }
  return []
}

/**
 * A volume over a folder above one that the user is given: of the image it has that only where the image fills it, and not where a
 * container of another one came first.
 */
function hiddenBelow(runs: readonly ImageRun[], grants: readonly Pick<Grant, 'path' | 'kind'>[]): readonly Remark[] {
  const given = grants.filter(({ kind }) => /^(?:own|create)-/.test(kind))
  for (const { by, mounts } of runs)
    for (const { kind, source, target, readOnly, sharedWith, isOfAnother } of mounts) {
      if (kind !== 'volume' || readOnly || (sharedWith === undefined && isOfAnother !== true)) continue
      // That its owner is that of who comes first is said of a volume which the file has for both.
      if (isOfAnother !== true && given.some(({ path }) => isInside(target, path))) continue
      const below = given.find(
        ({ path }) =>
          path !== target &&
          isInside(path, target) &&
          !mounts.some((other) => other.target !== target && isInside(path, other.target)),
      )
      if (below === undefined) continue
      const who = sharedWith === undefined ? 'another Compose file declares' : `${sharedWith} has too`
      return [
        {
          outcome: 'todo',
          transform: 'report-remarks',
          message: `${by} mounts ${source}, which ${who}, over ${target}: where another container is first, ${below.path} is not there, and the user may not make it`,
          hint: `mount a volume of its own over ${below.path}, or run both as one user (--user, user: in the service) with ${target} given to it`,
          evidence: [{ source: 'declared', subject: target, detail: `a volume of ${by}` }],
        },
      ]
    }
  return []
}

function mountedOver(
  runs: readonly ImageRun[],
  { input, needs, stepDown }: PlanContext,
  grants: readonly Pick<Grant, 'path' | 'evidence'>[],
): readonly Found[] {
  const written = [...needs, ...stepDown.needs].filter(({ access }) => access === 'keep-state' || CHANGES.has(access))
  const volumes = new Set(
    runs.flatMap(({ mounts }) => mounts.flatMap(({ kind, target }) => (kind === 'volume' ? [target] : []))),
  )
  const found = new Map<string, Found>()
  for (const run of runs)
    for (const mount of run.mounts) {
      const { kind, source, target, readOnly } = mount
      if (kind === 'volume' || readOnly || HOST_SOCKET.test(source) || mountsHost(mount) || found.has(target)) continue
      if (mount.isFollowed === true) continue
      // A test has its files there.
      if (mount.from === 'checkout' && volumes.has(target)) continue
      // What another mount lies over is not in this one.
      const isIn = (path: string): boolean =>
        !run.mounts.some((other) => other !== mount && isInside(other.target, target) && isInside(path, other.target))
      const there = written.filter((each) => isAt(each, mount) && isIn(each.path))
      const need = there.find((each) => !isBare(each, target)) ?? there[0] ?? grantAt(mount, grants)
      // That people are shown how to give it something does not say that it writes there.
      const isShown =
        run.kind === 'command' &&
        !isStatePlace(target) &&
        input.facts.config.volumes.includes(target) &&
        there.every((each) => isBare(each, target))
      const isOpen = (need === null || isShown) && mayBeWritten(mount)
      const told = isOpen ? (writtenAsTold(target, input.stated.view) ?? builtIn(mount, input.stated.view)) : null
      if (told !== null) {
        const evidence: Evidence = { source: 'framework', subject: target, detail: told }
        found.set(target, { run, mount, need: { path: target, evidence } })
      }
      if (told !== null || isShown) continue
      if (need !== null || isFilledThere(mount, input) || isOpened(mount, input) || isKept(mount, input))
        found.set(target, { run, mount, need })
    }
  return [...found.values()]
}

/** An instruction says that it is for what is kept; nothing has shown what that is. */
function isBare({ access, path, certainty, atStart, givenBy }: Need, target: string): boolean {
  return (
    access === 'keep-state' &&
    path === target &&
    certainty === 'declared' &&
    atStart === undefined &&
    givenBy === undefined
  )
}

/** What the user is given there, and is written by another name: a link leads to it. */
function grantAt(
  { target, from }: RunMount,
  grants: readonly Pick<Grant, 'path' | 'evidence'>[],
): Pick<Need, 'path' | 'evidence'> | null {
  if (from === 'file' || looksLikeFile(target) || !isOwnPlace(target)) return null
  for (const { path, evidence } of grants) {
    const [first] = evidence
    if (first !== undefined && isInside(path, target)) return { path, evidence: first }
  }
  return null
}

/** Sources that are there only when they are mounted, and in which a package manager runs what they say: what that is nobody has read. */
function builtIn({ target, from }: RunMount, view: StageView): string | null {
  if (from !== 'checkout') return null
  const command = startedCommands(view).all.find(
    ({ words: [name = '', ...rest], folder }) =>
      isInside(folder, target) &&
      /^(?:npm|yarn|pnpm|bun)$/.test(name) &&
      RUNS.test(rest.join(' ')) &&
      !view.contents.texts.has(`${folder}/package.json`),
  )
  return command === undefined
    ? null
    : `${command.words.slice(0, 3).join(' ')} builds in ${command.folder} at the start`
}

const RUNS = /^(?:run(?:-script)?\s+)?(?:dev|develop|watch|build|serve|install|ci)\b/

function remarkOn(
  { run, mount, need }: Found,
  more: number,
  { report }: PlanContext,
  { uid, gid }: Pick<AccountChoice, 'uid' | 'gid'>,
): Remark {
  const { target, kind, from } = mount
  const evidence: Remark['evidence'] = [
    { source: 'declared', subject: target, detail: `mounted by ${run.by}` },
    ...(need === null ? [] : [need.evidence]),
  ]
  const todo = (message: string, hint: string): Remark => ({
    outcome: 'todo',
    transform: 'report-remarks',
    message,
    hint,
    evidence,
  })
  const at = saidOf(run, mount, more)
  if (kind === 'claim')
    return todo(
      `${at}, which is root's where the pod does not say fsGroup: the user may not write there`,
      gid < 0
        ? 'say the group that the account has in the built image as fsGroup in the securityContext of the pod'
        : `say fsGroup: ${gid} in the securityContext of the pod`,
    )
  if (from === 'checkout')
    return todo(
      `${at}, which keeps its owner: the user may not write there${need === null ? '' : ` (${need.path})`}`,
      'run it as the owner of that folder: user: "UID:GID" in the service, --user "$(id -u):$(id -g)" in docker run',
    )
  const isLost = report.actions.some(
    ({ action, paths, guarded }) =>
      action === 'chown' && !guarded && paths.some((path) => isInside(target, path) || isInside(path, target)),
  )
  return todo(
    `${at}, which keeps its owner: cannot tell whether the user may write there${isLost ? ', and the start script cannot hand it over any more' : ''}`,
    stepFor(mount, uid, gid),
  )
}

/** A new volume that is mounted where `mountRemarks` says takes its owner from the folder that is there, and so does each above it. */
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
  // Of a program that starts there it is the working folder, and of one with another HOME it is no home.
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

/** What a program finds by the home of root: it has another home now, and may not enter that one. */
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
      hint: `mount it over ${other}, or where a variable of the program says`,
      evidence: [{ source: 'declared', subject: target, detail: `mounted by ${run.by}` }],
    },
  ]
}

const ROOTS = '/root'
/** For whoever works in a container of it. */
const OF_PEOPLE = /^\/root\/\.(ssh|gitconfig|gnupg|\w*_?history|bashrc|profile|zshrc|vscode-server|config\/git)(\/|$)/

function isAt({ path, access, tree }: Need, { target, from }: RunMount): boolean {
  if (path === target) return true
  if (from === 'file' || looksLikeFile(target) || !isOwnPlace(target)) return false
  return isInside(path, target) || ((access === 'keep-state' || tree === true) && isInside(target, path))
}

/** The image lets everybody write there: as it does for its program, which is nobody yet. */
function isOpened({ target, from }: RunMount, { stated }: PlanContext['input']): boolean {
  const entry = stated.view.own.entry(target)
  return from !== 'checkout' && isOwnPlace(target) && entry?.type === 'directory' && (entry.mode & 0o002) !== 0
}

function isKept(mount: RunMount, { stated: { view } }: PlanContext['input']): boolean {
  const { target } = mount
  if (mount.kind !== 'host' || !mayBeWritten(mount) || !isOwnPlace(target) || isOnlyServed(target, view)) return false
  const isThere =
    view.own.list(target).length > 0 || view.contents.copies.some(({ destination }) => isInside(destination, target))
  return isCalledKept(mount) && !(isThere && mount.from === 'checkout')
}

/** Its name says that it is for what is written, or the program starts in it, and the image has nothing there. */
function isFilledThere({ target, from }: RunMount, { facts: { config }, stated }: PlanContext['input']): boolean {
  if (from === 'file' || looksLikeFile(target) || !isOwnPlace(target)) return false
  // Somebody else's socket lies there.
  if (/^(\/var)?\/run\//.test(target)) return false
  const { own, contents } = stated.view
  if (isOnlyServed(target, stated.view)) return false
  const isEmpty =
    own.list(target).every((name) => own.entry(`${target}/${name}`)?.type === 'directory') &&
    !contents.copies.some(({ destination }) => isInside(destination, target))
  if (!isEmpty) return false
  const workdir = normalisePath(config.workdir, '/')
  return isStatePlace(target) ? from !== 'checkout' : workdir !== null && workdir !== '/' && isInside(workdir, target)
}
