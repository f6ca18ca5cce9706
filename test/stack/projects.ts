import { parse } from 'yaml'
import type { Profile } from '../../src/profile/profile.ts'
import { parseYaml } from '../../src/profile/yaml-file.ts'
import type { HostEntry, HostFiles } from '../../src/stack/host-files.ts'
import type { PlannedService } from '../../src/stack/planned.ts'
import type { Project, Service, ServiceMount, ServiceOrigin, ServicePort } from '../../src/stack/project.ts'
import { sampleProfile } from '../profile/sample.ts'

type Raw = Record<string, unknown>

const FOLDER = '/repo'

/** A project of Compose files as they are named, put together well enough for a test: lists add up, maps and values replace. */
export function projectOf(
  files: Readonly<Record<string, string>>,
  isOwn: (name: string) => boolean = () => true,
): Project {
  const names = Object.keys(files)
  const main = names.filter((name) => !name.startsWith('base/'))
  const servicesIn = (name: string): Raw =>
    (parse(files[name] ?? '', { merge: true, logLevel: 'error' })?.services ?? {}) as Raw
  const originsOf = (file: string, service: string): ServiceOrigin[] => {
    const link = (servicesIn(file)[service] as Raw | null)?.extends as Raw | string | undefined
    const above =
      link === undefined
        ? []
        : typeof link === 'string'
          ? originsOf(file, link)
          : originsOf((link.file as string | undefined) ?? file, link.service as string)
    return [...above, { file: names.indexOf(file), service }]
  }
  const all = [...new Set(main.flatMap((name) => Object.keys(servicesIn(name))))]
  return {
    name: 'shop',
    folder: FOLDER,
    files: names.map((name) => ({ path: `${FOLDER}/${name}`, name, text: files[name] ?? '', isOwn: isOwn(name) })),
    services: all.map((name): Service => {
      const origins = main.filter((file) => name in servicesIn(file)).flatMap((file) => originsOf(file, name))
      const parts = origins.map(({ file, service }) => servicesIn(names[file] ?? '')[service] as Raw)
      const settings: Raw = {}
      for (const part of parts)
        for (const [key, value] of Object.entries(part)) {
          const above = settings[key]
          settings[key] = Array.isArray(above) && Array.isArray(value) ? [...above, ...value] : value
        }
      return serviceOf(name, settings, origins)
    }),
    volumes: new Map(),
    findings: [],
  }
}

function serviceOf(name: string, settings: Raw, origins: readonly ServiceOrigin[]): Service {
  const list = (key: string): unknown[] => (Array.isArray(settings[key]) ? settings[key] : [])
  const { environment: env = {} } = settings
  const pairs = Array.isArray(env) ? env.map((one) => String(one).split('=')) : Object.entries(env as Raw)
  return {
    name,
    settings,
    origins,
    build: null,
    image: (settings.image as string | undefined) ?? null,
    user: null,
    userIsOpen: String(settings.user).includes('$'),
    entrypoint: null,
    command: (settings.command as string[] | undefined) ?? null,
    workdir: null,
    env: new Map(pairs.map(([key, value]) => [String(key), String(value)])),
    mounts: list('volumes').map((one): ServiceMount => {
      const [source = '', target = '', mode] = String(one).split(':')
      const isHost = /^[./]/.test(source)
      return {
        kind: isHost ? 'host' : 'volume',
        source: isHost ? source.replace(/^\./, FOLDER) : source,
        target,
        readOnly: mode === 'ro',
        isEmpty: false,
      }
    }),
    ports: list('ports').map(
      (one): ServicePort => ({ published: null, target: Number(/(\d+)$/.exec(String(one))?.[1]), protocol: 'tcp' }),
    ),
    dependsOn: [],
  }
}

export const noFiles: HostFiles = { entries: new Map(), texts: [], variables: new Map() }

/** Files that are mounted from the repository; with a path that ends in `/`, the folder itself. */
export function mounted(files: Readonly<Record<string, string | Partial<HostEntry>>>): HostFiles {
  const entries = new Map<string, HostEntry>()
  for (const [name, what] of Object.entries(files)) {
    const given = typeof what === 'string' ? { text: what } : what
    const path = `${FOLDER}/${name}`
    entries.set(path, {
      kind: 'file',
      uid: 1000,
      gid: 1000,
      mode: 0o644,
      text: null,
      children: [],
      isCheckout: false,
      ...given,
    })
  }
  return { ...noFiles, entries }
}

/** A user of its own, no capabilities, and a root that may be written: what most applications get. */
export function plainProfile(change: Partial<Profile> = {}): Profile {
  return sampleProfile({
    image: { original: null, derived: false, name: 'app', chown: 'app' },
    kind: 'dockerfile',
    user: { value: { name: 'app', uid: 10001, gid: 10001 }, known: 'planned' },
    readOnly: { value: false, known: 'planned' },
    writable: [],
    owned: [],
    ports: [],
    programs: [],
    changes: [],
    asIs: null,
    ...change,
  })
}

export const raised = (from: number, to = from + 8000): Profile['ports'][number] => ({
  from,
  to: from === 80 ? 8080 : to,
  protocol: 'tcp',
})

export function plannedOf(
  project: Project,
  profiles: Readonly<Record<string, Profile | null>>,
  change: Readonly<Record<string, Partial<PlannedService>>> = {},
): readonly PlannedService[] {
  return project.services.map((service): PlannedService => {
    const profile = profiles[service.name]
    return {
      service,
      result: { target: service.name } as PlannedService['result'],
      profile: profile === undefined ? null : profile,
      start: null,
      derived: null,
      ...change[service.name],
    }
  })
}

export function meaning(text: string): unknown {
  return parseYaml(text, 'compose.yaml').values[0]
}
