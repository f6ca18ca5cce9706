import { HardenError } from '../../errors.ts'
import { type Profile, sameImage, volumeName } from '../profile.ts'
import { asList, asObject, isObject, type Json, textOf, type YamlFile } from '../yaml/file.ts'
import { mergedService } from './merge.ts'
import { hasMoved } from './ports.ts'

/** `asked`; else the one that is built from the Dockerfile or runs the image, or the only one. Throws HardenError where that is none or several. */
export function chooseService(
  services: Json,
  files: readonly YamlFile[],
  profile: Profile,
  asked: string | null,
  isBuilt: (build: unknown) => boolean,
): string {
  const file = files.map((one) => one.name).join(', ')
  const names = Object.keys(services).filter((one) => isObject(services[one]))
  const included = files.flatMap(({ values }) => asList(asObject(values[0]).include)).map(includedFile)
  const others = `it includes ${included.join(', ')}: those are files of their own, for --file`
  if (names.length === 0) throw wrong(`${file} has no services`, included.length > 0 ? others : whatElse(files))
  const list = `it has ${names.join(', ')}${included.length === 0 ? '' : `; ${others}`}`
  if (asked !== null) {
    if (names.includes(asked)) return asked
    throw wrong(`${file} has no service ${asked}`, list)
  }
  const built = names.filter((one) => isBuilt(asObject(services[one]).build))
  const runs = built.length > 0 ? built : names.filter((one) => sameImage(asObject(services[one]).image, profile))
  const found = runs.length > 0 ? runs : names
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  throw wrong(`${file} does not say which service is meant`, `name it with --service: ${list}`)
}

function whatElse(files: readonly YamlFile[]): string {
  const isManifest = (value: unknown): boolean => isObject(value) && 'kind' in value && 'apiVersion' in value
  return files.some(({ values }) => values.some(isManifest))
    ? 'it is a manifest of Kubernetes: say --for kubernetes'
    : 'name the Compose file that has them with --file'
}

function includedFile(entry: unknown): string {
  if (!isObject(entry)) return textOf(entry)
  return Array.isArray(entry.path) ? entry.path.join(', ') : textOf(entry.path)
}

/** `extends` takes a service from another file, but not the volumes that are declared there. */
function declaredHere({ readOnly, writable }: Profile, service: string, file: string): string {
  const names = readOnly.value
    ? writable.filter(({ kind }) => kind === 'state').map(({ path }) => volumeName(service, path))
    : []
  return names.length === 0 ? '' : ` and declare ${names.join(' and ')} below volumes: of ${file} too`
}

/** Throws HardenError where what the service extends would keep the profile from it. */
export function checkInherited(services: Json, name: string, file: string, profile: Profile): void {
  const service = asObject(services[name])
  const { settings, parent, elsewhere } = inherited(services, name)
  if (parent === null) return
  const isOwn = service.image !== undefined || service.build !== undefined
  if (!isOwn && elsewhere !== null)
    throw wrong(
      `the service ${name} of ${file} extends ${elsewhere.service} of ${elsewhere.file}, which says what it runs`,
      `change that one (--file ${elsewhere.file} --service ${elsewhere.service})${declaredHere(profile, elsewhere.service, file)}, or give ${name} an image of its own first`,
    )
  if (!isOwn)
    throw wrong(
      `the service ${name} of ${file} extends ${parent}, which says what it runs`,
      `change that one, and with it all that extend it: --service ${parent}`,
    )
  if (hasMoved(settings.ports, profile))
    throw wrong(
      `the service ${name} of ${file} gets its ports from ${parent} (extends), and Compose only ever adds ports`,
      `move ports: from ${parent} to those that extend it, then run again`,
    )
}

/** Throws HardenError where the service runs something else. */
export function checkImage({ image, build }: Json, name: string, file: string, profile: Profile): void {
  if (profile.image.original === null || build !== undefined) return
  if (image === undefined || sameImage(image, profile)) return
  throw wrong(
    `the service ${name} of ${file} runs ${textOf(image)}, not ${profile.image.original}`,
    `ask for the profile of ${textOf(image)}, or name another --service`,
  )
}

function wrong(message: string, hint: string): HardenError {
  return new HardenError('bad-usage', message, { hint })
}

/** Where a service gets more than its own lines from. */
export interface Inherited {
  readonly settings: Json
  readonly parent: string | null
  /** The first service of another file, which nobody has looked at. */
  readonly elsewhere: { readonly file: string; readonly service: string } | null
}

/** Follows `extends` through the services of one file. */
export function inherited(services: Json, name: string): Inherited {
  const seen = new Set([name])
  let settings: Json = {}
  let parent: string | null = null
  for (let current = asObject(services[name]); current.extends !== undefined; ) {
    const { extends: link } = current
    const service = textOf(isObject(link) ? link.service : link)
    const file = isObject(link) && link.file !== undefined ? textOf(link.file) : null
    parent ??= service
    if (file !== null) return { settings, parent, elsewhere: { file, service } }
    // A circle; Compose refuses it.
    if (seen.has(service)) break
    seen.add(service)
    current = asObject(services[service])
    settings = mergedService(current, settings)
  }
  return { settings, parent, elsewhere: null }
}
