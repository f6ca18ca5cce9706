import { shellQuoted } from '../../borders/shell.ts'
import { writtenByName } from '../../evidence/command-line.ts'
import { isInside } from '../../places.ts'
import { type Own, overridden, type ServiceOverlay, withRaised } from '../overridden.ts'
import { type Profile, type RunningNote, userText, volumeName, writtenPlaces } from '../profile.ts'
import { asList, asObject, isObject, type Json, parseYaml, textOf, type YamlFile } from '../yaml/file.ts'
import { rewriteYaml } from '../yaml/rewrite.ts'
import { checkImage, checkInherited, chooseService, inherited } from './choose-service.ts'
import { hardenService } from './harden-service.ts'
import { mergedService } from './merge.ts'
import { callers, saidPorts } from './ports.ts'
import { pairsOf, targetsOf, volumeOf, type WrittenVolume, withServices, wordsOf } from './written.ts'

export interface Rendered {
  readonly text: string
  readonly notes: readonly string[]
  /** Notes of the profile about any run, which these notes say better for this one. */
  readonly covers?: readonly RunningNote['about'][]
}

/** A file to change, by the name that messages call it. */
export interface NamedText {
  readonly name: string
  readonly text: string
}

/**
 * Compose files, read one on top of the other as with `-f`, with the profile on one service. `service` null: the one
 * that is built from the Dockerfile (`isBuilt`) or runs the image, or the only one. The first file that has it gets the profile, the others what contradicts it put
 * right. `stage`: what the profile is for, null for an image. Throws HardenError where the service is none or several, or where it cannot be done in these files.
 */
export function editCompose(
  sources: readonly NamedText[],
  asked: Profile,
  service: string | null,
  read: ReadMounted = () => null,
  isBuilt: (build: unknown) => boolean = () => false,
  stage: string | null = null,
): readonly Rendered[] {
  const files = sources.map(({ text, name }) => parseYaml(text, name))
  const services = files.map(servicesOf)
  const all = together(services)
  const chosen = chooseService(all, files, asked, service, isBuilt)
  const chosenService = asObject(all[chosen])
  const { settings } = inherited(all, chosen)
  const own = composeOwn(chosenService, settings, chosen, read)
  const whole = mergedService(settings, chosenService)
  const { profile, notes } = overridden(withRaised(asked, saidPorts(whole)), own)
  const names = sources.map(({ name }) => name)
  checkInherited(all, chosen, names.join(', '), profile)
  checkImage(chosenService, chosen, names.join(', '), profile)
  const main = services.findIndex((own) => Object.hasOwn(own, chosen))
  const elsewhere = writtenByName(own.env).filter(([, path]) => !isWrittenInImage(path, profile))
  const moved = elsewhere.map(([, path]) => path)
  const command = migration(chosenService, chosen, names, profile, moved)
  const moves =
    command === null
      ? []
      : [
          `what is in the mounts of ${chosen} so far may belong to root: once, after it has stopped and before it starts again, ${command}`,
        ]
  const family = [
    ...notes,
    ...stageNotes(chosen, chosenService.build, stage),
    ...familyNotes(all, chosen),
    ...moves,
    ...unmounted(elsewhere, whole, profile),
  ]
  const covers = [...(profile === asked ? [] : ['ports' as const]), ...(moves.length === 0 ? [] : ['data' as const])]
  return files.map((file, index) => {
    const own = services[index] ?? {}
    if (!Object.hasOwn(own, chosen)) return { text: file.text, notes: callers(own, chosen, profile) }
    const elsewhere = services
      .filter((_, other) => other !== index)
      .map((other) => asObject(other[chosen]))
      .reduce(mergedService, settings)
    const edit = editService(file, chosen, profile, index === main ? elsewhere : null, chosenService)
    const more = index === main ? family : []
    return { text: edit.text, notes: [...edit.notes, ...callers(own, chosen, profile), ...more], covers }
  })
}

function together(files: readonly Json[]): Json {
  const all: Record<string, unknown> = {}
  for (const services of files)
    for (const [name, service] of Object.entries(services))
      all[name] = mergedService(asObject(all[name]), asObject(service))
  return all
}

function stageNotes(service: string, build: unknown, stage: string | null): readonly string[] {
  const { target } = asObject(build)
  if (stage === null || typeof target !== 'string' || target.toLowerCase() === stage) return []
  return [`${service} builds stage ${target}, and this is for stage ${stage}: --target ${target} makes it for that one`]
}

/** Notes on what `extends` brings in from other files, and on who else gets the changes. */
function familyNotes(services: Json, name: string): readonly string[] {
  const { elsewhere } = inherited(services, name)
  const heirs = Object.keys(services).filter((one) => inherited(services, one).parent === name)
  return [
    ...(elsewhere === null
      ? []
      : [
          `${name} also gets what ${elsewhere.service} of ${elsewhere.file} says (extends), which was not inspected: its ports, cap_add and privileged still hold`,
        ]),
    ...(heirs.length === 0 ? [] : [`${heirs.join(', ')} (extends ${name}) gets all of this too`]),
  ]
}

/** Paths that are written where nobody has looked: a mount gives them, and without one they are refused. */
function unmounted(
  elsewhere: readonly (readonly [name: string, path: string])[],
  service: Json,
  { root, readOnly, user }: Profile,
): readonly string[] {
  if (root || user === null) return []
  const mounts = targetsOf(service)
  return elsewhere
    .filter(([, path]) => !mounts.some((target) => target !== '' && isInside(path, target)))
    .map(
      ([name, path]) =>
        `${name}=${path} is not where the image writes: mount a volume there that belongs to ${userText(user.value)}${readOnly.value ? ', since the root is read-only' : ''}`,
    )
}

function isWrittenInImage(path: string, profile: Profile): boolean {
  return writtenPlaces(profile).some((one) => isInside(path, one))
}

/**
 * The one command that gives the user what is in the service's own mounts already; null where none of them is a place
 * that the image writes, or where no `chown` of the image's own can do it. `files` as for `docker compose --file`; `moved`:
 * where it writes by what the service sets.
 */
function migration(
  service: Json,
  name: string,
  files: readonly string[],
  profile: Profile,
  moved: readonly string[] = [],
): string | null {
  const { user, image } = profile
  if (user === null || (image.chown !== image.original && image.chown !== image.name)) return null
  const written = [...writtenPlaces(profile), ...moved]
  const targets = asList(service.volumes)
    .map(volumeOf)
    .filter((volume) => !volume.readOnly && isKept(volume) && !isConfiguration(volume))
    .map(({ target }) => target)
    .filter((target) => written.some((path) => path === target || isInside(target, path) || isInside(path, target)))
  // A shell does not know the variables of Compose.
  if (targets.length === 0 || targets.some((target) => target.includes('$'))) return null
  // Without its Compose profile the service does not exist for others that depend on it.
  const profiles = asList(service.profiles).slice(0, 1).map(String)
  const given = [
    ...files.map((file) => ` --file ${shellQuoted(file)}`),
    ...profiles.map((one) => ` --profile ${shellQuoted(one)}`),
  ]
  // The profile drops these: CHOWN changes owners, and DAC_OVERRIDE reaches folders of others.
  const capabilities = '--cap-add CHOWN --cap-add DAC_OVERRIDE'
  return `docker compose${given.join('')} run --rm --no-deps --user 0:0 ${capabilities} --entrypoint chown ${name} -R ${userText(user.value)} ${[...new Set(targets)].map(shellQuoted).join(' ')}`
}

/** A mount that outlives the container: no tmpfs, and no volume without a name. */
function isKept({ type, source }: WrittenVolume): boolean {
  return source !== '' && (type === '' || type === 'volume' || type === 'bind')
}

/** Files of the host that the program only reads stay with whoever edits them. */
function isConfiguration({ source, target }: WrittenVolume): boolean {
  return /^[./~$]/.test(source) && target.startsWith('/etc/')
}

/** `elsewhere` null: another file has the profile, and this one must not undo it. `whole`: of all files. */
function editService(file: YamlFile, name: string, profile: Profile, elsewhere: Json | null, whole: Json): Rendered {
  const [first, ...others] = file.values
  const document = asObject(first)
  const before = asObject(servicesOf(file)[name])
  const declared = Object.keys(asObject(document.volumes))
  const edit = hardenService(before, profile, elsewhere && { name, elsewhere, declared })
  const image = imageOf(before, whole, elsewhere !== null, profile)
  const service = image === null ? edit.service : { ...edit.service, image }
  const after = withServices(document, { [name]: service }, edit.volumes)
  const variable =
    image !== null && typeof before.image === 'string' && before.image.includes('$')
      ? [`image: ${before.image} becomes ${image}: its variable has no effect any more`]
      : []
  return { text: rewriteYaml(file, [after, ...others]), notes: [...edit.notes, ...variable] }
}

function servicesOf({ values }: YamlFile): Json {
  return asObject(asObject(values[0]).services)
}

/** The image that the service has to name in this file; null where it stays. */
function imageOf({ image }: Json, whole: Json, isMain: boolean, profile: Profile): string | null {
  const { original, name } = profile.image
  if (original === null || whole.build !== undefined || image === name) return null
  return image === undefined && (whole.image !== undefined || !isMain) ? null : name
}

/** Texts of the file, or of the files of the folder, that a service mounts from here; null where they are not known. */
type ReadMounted = (source: string) => readonly string[] | null

function composeOwn(service: Json, inherited: Json, name: string, read: ReadMounted): Own {
  const whole = mergedService(inherited, service)
  const mounts = asList(whole.volumes)
    .map(volumeOf)
    // A new volume starts with what the image has there.
    .filter(({ source, target }) => source !== '' && !source.startsWith(volumeName(name, target)))
    .map(({ source, target }): ServiceOverlay => ({ target, name: source, texts: () => read(source) }))
  const configs = asList(whole.configs)
    .filter(isObject)
    .map(
      ({ source, target }): ServiceOverlay => ({
        target: textOf(target ?? `/${source}`),
        name: `config ${source}`,
        texts: () => null,
      }),
    )
  return {
    overlays: [...mounts, ...configs],
    env: new Map(pairsOf(whole.environment).map(([name, value]) => [name, value ?? ''])),
    entrypoint: wordsOf(whole.entrypoint),
    command: wordsOf(whole.command),
    workdir: typeof whole.working_dir === 'string' ? whole.working_dir : null,
  }
}
