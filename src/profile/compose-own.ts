import { merged } from './compose-inherit.ts'
import { sourceOf, targetOf } from './compose-volumes.ts'
import type { Overlay, Own } from './overridden.ts'
import { volumeName } from './profile.ts'
import { asList, asObject, isObject, type Json, textOf } from './yaml-file.ts'

/** Texts of the file, or of the files of the folder, that a service mounts from here; null where they are not known. */
export type ReadMounted = (source: string) => readonly string[] | null

/** What a service has over its image. */
export function composeOwn(service: Json, inherited: Json, name: string, read: ReadMounted): Own {
  const whole = merged(inherited, service)
  const mounts = asList(whole.volumes)
    .map((volume) => ({ source: sourceOf(volume), target: targetOf(volume) }))
    // A new volume starts with what the image has there.
    .filter(({ source, target }) => source !== '' && !source.startsWith(volumeName(name, target)))
    .map(({ source, target }): Overlay => ({ target, name: source, texts: () => read(source) }))
  const configs = asList(whole.configs)
    .filter(isObject)
    .map(
      ({ source, target }): Overlay => ({
        target: textOf(target ?? `/${source}`),
        name: `config ${source}`,
        texts: () => null,
      }),
    )
  return {
    overlays: [...mounts, ...configs],
    env: pairs(whole.environment),
    entrypoint: words(whole.entrypoint),
    command: words(whole.command),
    workdir: typeof whole.working_dir === 'string' ? whole.working_dir : null,
  }
}

/** A text is split as a shell would split it; null and nothing leave the image's own. */
function words(command: unknown): readonly string[] | null {
  if (Array.isArray(command)) return command.map(String)
  if (typeof command !== 'string') return null
  const found = command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []
  return found.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'))
}

function pairs(environment: unknown): ReadonlyMap<string, string> {
  if (!Array.isArray(environment))
    return new Map(Object.entries(asObject(environment)).map(([name, value]) => [name, textOf(value)]))
  return new Map(
    environment.map((item) => {
      const [name = '', ...value] = textOf(item).split('=')
      return [name, value.join('=')]
    }),
  )
}
