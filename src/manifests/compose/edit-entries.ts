import { HardenError } from '../../errors.ts'
import { normalisePath, parentOf } from '../../path.ts'
import { choices } from '../../words.ts'
import { userText } from '../profile.ts'
import { type Project, type Service, type StackFinding, stackFinding } from '../project.ts'
import { asList, asObject, isEqual, isObject, type Json, parseYaml, textOf, type YamlFile } from '../yaml/file.ts'
import { rewriteShared } from '../yaml/rewrite.ts'
import { tagsAt, withOverride } from '../yaml/style.ts'
import { type EditedService, editEntry, withKnownPorts } from './edit-service.ts'
import { allowsNew } from './harden-service.ts'
import { mergedService } from './merge.ts'
import { movedHealthcheck, movedPort } from './ports.ts'
import { isRootUser, withServices } from './written.ts'

interface Entry {
  readonly id: string
  readonly file: number
  readonly service: string
  readonly before: Json
  readonly tags: Readonly<Record<string, string>>
  readonly isOwn: boolean
  /** A service gets this entry by `extends`, and others may too. */
  readonly isExtended: boolean
}

interface EntriesState {
  readonly project: Project
  readonly files: readonly YamlFile[]
  readonly services: readonly EditedService[]
  readonly current: Map<string, Json>
  /** Keys that replace what comes from elsewhere, by the id of the entry. */
  readonly replacing: Map<string, Set<string>>
  readonly volumes: Map<number, Set<string>>
  readonly findings: StackFinding[]
}

/** New texts of a project's files, in their order, with what is planned for its services in the entries where they are written. */
export function editEntries(
  project: Project,
  services: readonly EditedService[],
  files: readonly YamlFile[],
): { readonly texts: readonly string[]; readonly findings: readonly StackFinding[] } {
  const state: EntriesState = {
    project,
    files,
    services,
    current: new Map(),
    replacing: new Map(),
    volumes: new Map(),
    findings: [],
  }
  for (const service of project.services)
    for (const entry of entriesOf(service, state)) state.current.set(entry.id, agreed(entry, state))
  // An entry comes before those that extend it.
  const ordered = services.toSorted((a, b) => a.planned.service.origins.length - b.planned.service.origins.length)
  for (const edited of ordered) editOwn(edited, state)
  for (const service of project.services) sayInherited(service, state)
  return { texts: files.map((file, index) => textOfFile(file, index, state)), findings: state.findings }
}

/** Services that say something else with these texts of the project's files, in their order. */
export function changedServices(project: Project, texts: readonly string[]): ReadonlySet<string> {
  const parsed = (all: readonly string[]) => project.files.map(({ name }, index) => parseYaml(all[index] ?? '', name))
  const [before, after] = [parsed(project.files.map(({ text }) => text)), parsed(texts)]
  const whole = (service: Service, files: readonly YamlFile[]): Json =>
    resolved(entriesOf(service, { files, project }), new Map())
  const changed = project.services.filter((one) => !isEqual(whole(one, before), whole(one, after)))
  return new Set(changed.map(({ name }) => name))
}

function entriesOf(
  { origins }: Service,
  { files, project }: Pick<EntriesState, 'files' | 'project'>,
): readonly Entry[] {
  const found = origins.map(({ file, service }) => {
    const document = files[file]
    const before = asObject(servicesIn(document)[service])
    const tags = document === undefined ? {} : tagsAt(document, ['services', service])
    return { id: `${file} ${service}`, file, service, before, tags, isOwn: project.files[file]?.isOwn === true }
  })
  return found.map((entry, index) => ({ ...entry, isExtended: found[index + 1]?.before.extends !== undefined }))
}

function servicesIn(file: YamlFile | undefined): Json {
  return asObject(asObject(file?.values[0]).services)
}

/** An entry without what contradicts the plan, as far as all services that use it agree. */
function agreed(entry: Entry, { project, services, files }: EntriesState): Json {
  if (!entry.isOwn) return entry.before
  const all = project.services
    .filter((service) => service.origins.some(({ file, service: name }) => `${file} ${name}` === entry.id))
    .map((service) => {
      const edited = services.find(({ planned }) => planned.service.name === service.name)
      const isExtended = entriesOf(service, { project, files }).find(({ id }) => id === entry.id)?.isExtended === true
      return edited === undefined ? entry.before : editEntry(entry.before, edited, null, isExtended).service
    })
  return Object.fromEntries(
    Object.entries(entry.before).map(([key, value]) => {
      const [first = {}, ...more] = all
      return [key, Object.hasOwn(first, key) && more.every((one) => isEqual(one[key], first[key])) ? first[key] : value]
    }),
  )
}

function editOwn(edited: EditedService, state: EntriesState): void {
  const { service } = edited.planned
  const entries = entriesOf(service, state)
  const own = entries.find(({ isExtended }) => !isExtended)
  const say = (outcome: 'note' | 'todo', message: string, hint: string | null = null): void => {
    state.findings.push(stackFinding('compose-service', outcome, message, service.name, hint))
  }
  if (own === undefined) return
  const name = state.project.files[own.file]?.name ?? ''
  if (!own.isOwn) {
    const there = `harden it there: harden-image ${name}`
    const ways = choices(there, 'set how it runs in an override file of this project')
    say('todo', `${service.name} is written in ${name}, which this project only includes`, ways)
    return
  }
  const others = entries.filter((entry) => entry !== own)
  const elsewhere = resolved(others, state.current)
  const document = asObject(state.files[own.file]?.values[0])
  const base = folderOf(own.file, state)
  const declared = Object.keys(asObject(document.volumes))
  const isWrittenElsewhere = (key: string): boolean =>
    others.some((entry) => entry.isOwn && !entry.isExtended && entry.before[key] !== undefined)
  const edit = editEntry(own.before, edited, { elsewhere, isWrittenElsewhere, declared, base })
  const volumes = state.volumes.get(own.file) ?? new Set()
  for (const volume of edit.volumes) volumes.add(volume)
  state.volumes.set(own.file, volumes)
  state.current.set(own.id, edit.service)
  const said = entries.map(({ before }) => textOf(before.user ?? '')).join(' ')
  const root = [...edited.host.variables].find(
    ([variable, value]) => isRootUser(value) && !/\W/.test(variable) && new RegExp(`\\$\\{?${variable}\\b`).test(said),
  )
  if (root !== undefined && edited.profile.user !== null)
    say(
      'todo',
      `.env sets ${root[0]} to ${root[1]}, so ${service.name} still runs as root`,
      choices(`take ${root[0]} out of .env`, `set it to ${edited.profile.user.value.uid}`),
    )
  const edits = [...others.map((entry) => editEntry(entry.before, edited, null, entry.isExtended)), edit]
  const open = edits.flatMap((one) => one.open)
  for (const note of edits.flatMap((one) => one.notes)) if (!open.includes(note)) say('note', note)
  for (const note of open) say('todo', note)
  state.current.set(own.id, { ...edit.service, ...putRight(edited, entries, own, state) })
}

/** What its own entry has to say so that all entries together mean what is planned. */
function putRight(edited: EditedService, entries: readonly Entry[], own: Entry, state: EntriesState): Json {
  const { profile, ports } = edited
  const was = withKnownPorts(resolved(entries, new Map()), edited)
  const is = resolved(entries, state.current)
  const set: Record<string, unknown> = {}
  const replace = (key: string, value: unknown): void => {
    set[key] = value
    state.replacing.set(own.id, (state.replacing.get(own.id) ?? new Set()).add(key))
  }
  const user = profile.user === null ? null : userText(profile.user.value)
  if (user !== null && isRootUser(is.user)) set.user = user
  if (profile.root && is.user !== was.user) set.user = was.user ?? '0:0'
  if (profile.capabilities !== null && is.privileged === true) set.privileged = false
  if (!profile.readOnly.value && is.read_only === true && was.read_only !== true) set.read_only = false
  if (profile.readOnly.value && is.read_only !== true) set.read_only = true
  if (profile.capabilities === null && asList(is.cap_drop).length > asList(was.cap_drop).length)
    replace('cap_drop', asList(was.cap_drop))
  const locked = asList(is.security_opt).filter((one) => !allowsNew(one))
  if (profile.noNewPrivileges.value && locked.length < asList(is.security_opt).length) replace('security_opt', locked)
  const moved = asList(was.ports).map((port) => movedPort(port, { ports }, []))
  if (!isEqual(asList(is.ports).map(textOf), moved.map(textOf))) replace('ports', moved)
  const check = movedHealthcheck(was.healthcheck, { ports })
  if (was.healthcheck !== undefined && !isEqual(check, is.healthcheck)) set.healthcheck = check
  return set
}

function resolved(entries: readonly Entry[], current: ReadonlyMap<string, Json>): Json {
  return entries.reduce<Json>((above, { id, before, tags }) => {
    const entry = current.get(id) ?? before
    const kept = Object.fromEntries(Object.entries(above).filter(([key]) => !Object.hasOwn(tags, key)))
    const given = Object.fromEntries(Object.entries(entry).filter(([key]) => tags[key] !== '!reset'))
    return mergedService(kept, given)
  }, {})
}

/** Keeps the settings of a service that has no plan and extends one that has. */
function sayInherited(service: Service, state: EntriesState): void {
  if (state.services.some(({ planned }) => planned.service.name === service.name)) return
  const changed = entriesOf(service, state).find(({ id, before }) => !isEqual(state.current.get(id) ?? before, before))
  if (changed === undefined) return
  const message = `${service.name} extends ${changed.service}, and gets all that is new there: nobody has looked at what it needs`
  const hint = choices('keep it, where it writes what the other does', 'write out here what it needs, without extends')
  state.findings.push(stackFinding('compose-service', 'todo', message, service.name, hint))
}

/** The folder that relative paths of a file start from; an included file has its own. */
function folderOf(file: number, { project, files }: EntriesState): string {
  const path = project.files[file]?.path ?? ''
  for (const [index, { values }] of files.entries())
    for (const included of asList(asObject(values[0]).include)) {
      const paths = isObject(included) ? [included.path].flat() : [included]
      const folder = parentOf(project.files[index]?.path ?? '')
      if (!paths.some((one) => normalisePath(textOf(one), folder) === path)) continue
      const said = isObject(included) ? included.project_directory : undefined
      return said === undefined ? parentOf(path) : normalisePath(textOf(said), folder)
    }
  return project.folder
}

function textOfFile(file: YamlFile, index: number, state: EntriesState): string {
  const [first, ...others] = file.values
  const services = servicesIn(file)
  const changed = Object.fromEntries(
    Object.keys(services).flatMap((name) => {
      const entry = state.current.get(`${index} ${name}`)
      return entry === undefined || isEqual(entry, services[name]) ? [] : [[name, entry] as const]
    }),
  )
  if (Object.keys(changed).length === 0) return file.text
  const after = withServices(asObject(first), changed, [...(state.volumes.get(index) ?? [])])
  try {
    const text = rewriteShared(file, [after, ...others])
    return Object.keys(changed).reduce((current, name) => {
      const keys = [...(state.replacing.get(`${index} ${name}`) ?? [])]
      return keys.reduce((one, key) => withOverride(parseYaml(one, file.name), ['services', name, key]), current)
    }, text)
  } catch (error) {
    if (!(error instanceof HardenError)) throw error
    const why = `${file.name} was not changed: ${error.message}`
    state.findings.push(stackFinding('compose-service', 'todo', why, null, error.hint ?? null))
    return file.text
  }
}
