import type { MigrationFacts } from '../../../src/manifests/compose/migration.ts'
import type { PlannedService, Project, Service, ServiceMount } from '../../../src/manifests/project.ts'
import { sampleResult } from '../../report/sample.ts'
import { sampleProfile } from '../sample.ts'
import { sampleService } from './sample-service.ts'

export interface SampleService {
  readonly name: string
  readonly mounts: readonly ServiceMount[]
  /** Planned; null where nobody can say, 0 for what stays root. */
  readonly uid: number | null
  readonly gid?: number
  readonly owned?: readonly string[]
  readonly image?: string
  readonly service?: Partial<Service>
  readonly result?: Partial<PlannedService['result']>
}

/** `data:/data:ro`; a source with a slash is of the machine. */
export function mount(text: string): ServiceMount {
  const [source = '', target = '', mode] = text.split(':')
  const kind = source.startsWith('/') ? 'host' : 'volume'
  return { kind, source, target, readOnly: mode === 'ro', isEmpty: false }
}

export function planned(sample: SampleService): PlannedService {
  const { name, mounts, uid, gid = uid ?? 0, image = 'app:1', owned = mounts.map(({ target }) => target) } = sample
  const service = sampleService(name, {
    settings: { image },
    origins: [{ file: 0, service: name }],
    image,
    mounts,
    ...sample.service,
  })
  const user = uid === null || uid === 0 ? null : { value: { name: '', uid, gid }, known: 'planned' as const }
  return {
    service,
    result: sampleResult({
      target: name,
      stages: [{ name: '', index: 0, userBefore: 'root', userAfter: String(uid) }],
      ...sample.result,
    }),
    profile:
      uid === null ? null : sampleProfile({ root: uid === 0, user, writable: [], owned: uid === 0 ? [] : owned }),
    stage: null,
    start: null,
    env: new Map(),
    keepsRoot: false,
    dockerfile: null,
    derived: null,
  }
}

export function project(services: readonly PlannedService[], folder = '/srv/shop'): Project {
  const names = services.flatMap(({ service }) =>
    service.mounts.filter(({ kind }) => kind === 'volume').map(({ source }) => source),
  )
  return {
    name: 'shop',
    folder,
    files: [{ path: `${folder}/compose.yaml`, name: 'compose.yaml', text: '', isOwn: true }],
    services: services.map(({ service }) => service),
    volumes: new Map(names.map((name) => [name, { external: false, device: null }])),
    findings: [],
  }
}

export function facts(change: Partial<MigrationFacts> = {}): MigrationFacts {
  return {
    choice: { files: ['compose.yaml'], profiles: [], envFiles: [], projectName: null },
    equipped: new Set(['api']),
    entries: new Map(),
    existing: null,
    ...change,
  }
}
