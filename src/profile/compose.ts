import { HardenError } from '../errors.ts'
import { hardenService } from './compose-service.ts'
import { type Profile, serviceName, slug } from './profile.ts'
import { rewriteYaml } from './rewrite-yaml.ts'
import { asObject, isObject, type Json, parseYaml } from './yaml-file.ts'
import { blockText } from './yaml-style.ts'

/** A text that was made or changed, and what is to be said of it. */
export interface Rendered {
  readonly text: string
  readonly notes: readonly string[]
}

/** A whole Compose file with one service. `build`: the folder it is built from; null for an image that is there. */
export function composeFile(profile: Profile, build: string | Json | null): string {
  const named = profile.volumes.map(({ path, prepared }) => ({
    path,
    prepared,
    name: `${serviceName(profile)}-${slug(path)}`,
  }))
  const ports = profile.ports.map(({ to, protocol }) => `${to}:${to}${protocol === 'tcp' ? '' : `/${protocol}`}`)
  const { service, volumes } = hardenService(
    {
      image: profile.image.name,
      ...(build === null ? {} : { build }),
      ...(ports.length > 0 ? { ports } : {}),
      ...(named.length > 0 ? { volumes: named.map(mountOf) } : {}),
    },
    { ...profile, ports: profile.ports.map((port) => ({ ...port, from: port.to })) },
  )
  const declared = [...named.map(({ name }) => name), ...volumes]
  const file = {
    services: { [serviceName(profile)]: service },
    ...(declared.length > 0 ? { volumes: Object.fromEntries(declared.map((name) => [name, {}])) } : {}),
  }
  return blockText(file, 0, { indent: 2, indentSeq: true })
}

/** An empty volume takes the owner of the image's folder at each start, unless it is told not to. */
function mountOf({
  path,
  name,
  prepared,
}: {
  readonly path: string
  readonly name: string
  readonly prepared: boolean
}): unknown {
  return prepared ? `${name}:${path}` : { type: 'volume', source: name, target: path, volume: { nocopy: true } }
}

/**
 * A Compose file with the profile on one of its services. `service` null: the one that runs the image, or the only
 * one. Throws HardenError where that is none or several.
 */
export function editCompose(text: string, name: string, profile: Profile, service: string | null): Rendered {
  const file = parseYaml(text, name)
  const [first, ...others] = file.values
  const services = asObject(asObject(first).services)
  const chosen = chooseService(services, name, profile, service)
  const before = asObject(services[chosen])
  const image = imageOf(before, chosen, name, profile)
  const edit = hardenService(before, profile)
  const declared = asObject(asObject(first).volumes)
  const missing = edit.volumes.filter((volume) => !Object.hasOwn(declared, volume))
  const after = {
    ...asObject(first),
    services: { ...services, [chosen]: { ...edit.service, ...(image === null ? {} : { image }) } },
    ...(missing.length > 0 ? { volumes: { ...declared, ...Object.fromEntries(missing.map((one) => [one, {}])) } } : {}),
  }
  return { text: rewriteYaml(file, [after, ...others]), notes: edit.notes }
}

function chooseService(services: Json, file: string, profile: Profile, asked: string | null): string {
  const names = Object.keys(services).filter((one) => isObject(services[one]))
  const list = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`
  if (asked !== null) {
    if (names.includes(asked)) return asked
    throw wrong(`${file} has no service ${asked}`, list)
  }
  const runs = names.filter((one) => sameImage(asObject(services[one]).image, profile))
  const found = runs.length > 0 ? runs : names
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  throw wrong(`${file} does not say which service is meant`, `name it with --service: ${list}`)
}

/** The image that the service has to name; null where it stays. */
function imageOf(service: Json, name: string, file: string, profile: Profile): string | null {
  const { image, build } = service
  if (profile.image.original === null || build !== undefined) return null
  if (image === undefined || sameImage(image, profile)) return image === profile.image.name ? null : profile.image.name
  throw wrong(
    `the service ${name} of ${file} runs ${String(image)}, not ${profile.image.original}`,
    `ask for the profile of ${String(image)}, or name another --service`,
  )
}

/** The text names the image that was asked about, or what takes its place. */
export function sameImage(image: unknown, { image: { original, name } }: Profile): boolean {
  if (typeof image !== 'string') return false
  return image === name || (original !== null && familiar(image) === familiar(original))
}

/** `nginx`, `nginx:latest` and `docker.io/library/nginx` are one. */
export function familiar(image: string): string {
  const short = image.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '')
  return /[:@][^/]*$/.test(short) ? short : `${short}:latest`
}

function wrong(message: string, hint: string): HardenError {
  return new HardenError('bad-usage', message, { hint })
}
