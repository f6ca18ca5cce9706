import type { HostEntry, HostFiles } from '../../../src/manifests/compose/host-files.ts'
import { resolveProject } from '../../../src/manifests/compose/resolve.ts'
import type { Profile } from '../../../src/manifests/profile.ts'
import type { PlannedService, Project } from '../../../src/manifests/project.ts'
import { parseYaml } from '../../../src/manifests/yaml/file.ts'
import { sampleProfile } from '../sample.ts'

const FOLDER = '/repo'

/** A project of these files, by their names; the first and each `*.override.yaml` are those that Compose is given. */
export function projectOf(files: Readonly<Record<string, string>>, isOwn = (_name: string): boolean => true): Project {
  const [first = '', ...names] = Object.keys(files)
  const given = [first, ...names.filter((name) => name.includes('override'))]
  const request = {
    files: given.map((name) => `${FOLDER}/${name}`),
    cwd: FOLDER,
    profiles: null,
    envFiles: null,
    name: 'shop',
    env: {},
    withheld: new Set<string>(),
    home: null,
  }
  return resolveProject(request, (path) => {
    const name = path.slice(FOLDER.length + 1)
    const text = files[name]
    return text === undefined ? null : { text, isOwn: isOwn(name) }
  })
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
      stage: null,
      start: null,
      env: new Map(),
      keepsRoot: false,
      dockerfile: null,
      derived: null,
      ...change[service.name],
    }
  })
}

export function meaning(text: string): unknown {
  return parseYaml(text, 'compose.yaml').values[0]
}
