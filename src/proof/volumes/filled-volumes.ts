import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sessionLabels } from '../../engine/clean-up.ts'
import type { Engine, ExecResult } from '../../engine/engine.ts'
import { HardenError } from '../../errors.ts'
import type { Json } from '../../manifests/yaml/file.ts'
import { removeFolder, temporaryFolder } from '../../temporary.ts'

/** The engine's volumes, by a name that all sets share. */
export type VolumeSet = ReadonlyMap<string, string>

/** What is in one volume, enough to tell two apart. */
export interface VolumeSight {
  /** A checksum of names, kinds, owners, modes and links. */
  readonly owners: string
  /** A checksum of sizes and times. */
  readonly contents: string
  /** How many files and folders of these users another one may not read or write. */
  readonly closed: number
}

/** `contents` of an empty volume: what cksum(1) says of nothing. */
export const NO_CONTENTS = '4294967295 0'

/** A user whose access to a volume is asked for. */
export interface Asker {
  readonly user: string
  /** Users whose files count. */
  readonly of: readonly number[]
}

/** Copies volumes and looks into them, in containers without a network and without files of the machine. */
export interface VolumeWork {
  /** Copies a set for each label into volumes of its own, with owners, modes, times and holes. `from` may name folders of this machine. */
  copy(from: VolumeSet, labels: readonly string[]): Promise<readonly VolumeSet[]>
  /** Names a volume that is made when a service first runs on it. */
  reserve(label: string): string
  look(set: VolumeSet, askers: ReadonlyMap<string, Asker>): Promise<ReadonlyMap<string, VolumeSight>>
  /** Runs a service to its end on volumes of the engine: `service` names them as `set` does. Gives what it prints. */
  run(service: Json, set: VolumeSet, args: readonly string[]): Promise<ExecResult>
  /** Removes the volumes that it has made. */
  close(): Promise<void>
}

const CALL = 180_000

const COPY = `set -eu
for to in /to/*; do
  from=/from/\${to##*-}
  if [ -d "$from" ]; then cp -a "$from/." "$to/"; else cp -a "$from" "$to/"; fi
done`

const LOOK = `export LC_ALL=C
for one in /look/*; do
  cd "$one"
  owners=$(find . -xdev -exec stat -c '%u:%g:%a:%h:%F:%n' {} + | sort | cksum)
  contents=$(find . -xdev -type f -exec stat -c '%s:%Y:%n' {} + | sort | cksum)
  echo "\${one##*/}/$owners/$contents"
done`

/** Run as who is asked about; an entry in a folder that is closed is not come to, the folder itself is. */
const CLOSED = `path=$1; shift
for one do shift; set -- "$@" -o -user "$one"; done
shift
find "$path" -xdev ! -type l \\( "$@" \\) -exec sh -c 'for name do { [ -r "$name" ] && [ -w "$name" ]; } || printf .; done' closed {} + 2>/dev/null | wc -c`

/** `image`: of the engine, with a shell, `cp`, `find`, `stat`, `sort` and `cksum`. */
export async function openVolumeWork(
  engine: Pick<Engine, 'session' | 'removeVolume'>,
  compose: NonNullable<Engine['compose']>,
  image: string,
): Promise<VolumeWork> {
  const folder = await temporaryFolder('volumes')
  const labels = sessionLabels(engine.session)
  const made = new Set<string>()
  const reserved = new Set<string>()
  let count = 0
  const run = async (service: Json, volumes: Json, args: readonly string[]): Promise<ExecResult> => {
    const file = join(folder, `${count++}.json`)
    const bare = { pull_policy: 'never', labels, network_mode: 'none', logging: { driver: 'none' } }
    await writeFile(file, JSON.stringify({ services: { once: { ...bare, ...service } }, volumes }), { mode: 0o600 })
    const name = `harden-image-${engine.session}-volumes`
    const project = ['--project-name', name, '--project-directory', folder, '--env-file', '/dev/null', '--file', file]
    return compose([...project, '--progress', 'quiet', 'run', '--rm', '-T', '--no-deps', 'once', ...args], {
      timeoutMs: CALL,
    })
  }
  const helper = async (script: string, service: Json, volumes: Json, args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(
      {
        image,
        read_only: true,
        cap_drop: ['ALL'],
        entrypoint: ['sh', '-c', script.replaceAll('$', '$$$$'), 'once'],
        ...service,
      },
      volumes,
      args,
    )
    if (exitCode === 0) return stdout
    throw new HardenError(
      'engine-failed',
      `volumes could not be copied and looked at: ${stderr.trim().split('\n').at(-1)}`,
    )
  }
  return {
    async copy(from, to) {
      const keys = [...from.keys()]
      const sets = to.map(
        (label) =>
          new Map(keys.map((key, index) => [key, `harden-image-${engine.session}-${label}-${index}`] as const)),
      )
      for (const name of sets.flatMap((set) => [...set.values()])) made.add(name)
      const targets = sets.flatMap((set, which) =>
        keys.map((key, index) => ({ id: `${which}-${index}`, name: set.get(key) ?? '' })),
      )
      const sources = keys.map((key, index) => ({
        id: `from-${index}`,
        target: `/from/${index}`,
        name: from.get(key) ?? '',
      }))
      if (keys.length === 0) return sets
      await helper(
        COPY,
        {
          // It restores files of any owner, with any mode, capabilities and devices.
          user: '0:0',
          cap_add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'MKNOD', 'SETFCAP'],
          volumes: [
            ...sources.map(({ id, target, name }) =>
              name.startsWith('/')
                ? { type: 'bind', source: name, target, read_only: true }
                : { type: 'volume', source: id, target, read_only: true },
            ),
            ...targets.map(({ id }) => ({
              type: 'volume',
              source: `to-${id}`,
              target: `/to/${id}`,
              volume: { nocopy: true },
            })),
          ],
        },
        Object.fromEntries([
          ...sources.filter(({ name }) => !name.startsWith('/')).map(({ id, name }) => [id, { external: true, name }]),
          ...targets.map(({ id, name }) => [`to-${id}`, { name, labels }]),
        ]),
        [],
      )
      return sets
    },
    reserve(label) {
      const name = `harden-image-${engine.session}-${label}`
      made.add(name)
      reserved.add(name)
      return name
    },
    async look(set, askers) {
      const keys = [...set.keys()]
      const mounted = (some: readonly string[]): Json => ({
        volumes: some.map((key) => ({
          type: 'volume',
          source: `look-${keys.indexOf(key)}`,
          target: `/look/${keys.indexOf(key)}`,
          read_only: false,
          volume: { nocopy: true },
        })),
      })
      const volumes = Object.fromEntries(
        keys.map((key, index) => [`look-${index}`, { external: true, name: set.get(key) }]),
      )
      const told = await helper(LOOK, { user: '0:0', cap_add: ['DAC_READ_SEARCH'], ...mounted(keys) }, volumes, [])
      const lines = new Map(told.split('\n').map((line) => [line.split('/')[0] ?? '', line.split('/')] as const))
      const sights = new Map<string, VolumeSight>()
      for (const [index, key] of keys.entries()) {
        const [, owners = '', contents = ''] = lines.get(String(index)) ?? []
        const asker = askers.get(key)
        const closed =
          asker === undefined
            ? '0'
            : await helper(CLOSED, { user: asker.user, ...mounted([key]) }, volumes, [
                `/look/${index}`,
                ...asker.of.map(String),
              ])
        sights.set(key, { owners, contents, closed: Number(closed.trim()) })
      }
      return sights
    },
    run: (service, set, args) =>
      run(
        service,
        Object.fromEntries(
          [...set].map(([key, name]) => [key, reserved.has(name) ? { name, labels } : { external: true, name }]),
        ),
        args,
      ),
    async close() {
      await Promise.all([...made].map((volume) => engine.removeVolume(volume)))
      await removeFolder(folder)
    },
  }
}
