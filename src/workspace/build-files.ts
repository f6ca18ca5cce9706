import { dirname, resolve } from 'node:path'
import { asList, asObject, isObject, parseYaml } from '../profile/yaml-file.ts'

/** How a file beside the Dockerfiles has one of them built. Paths are absolute. */
export interface NamedBuild {
  readonly dockerfile: string
  readonly context: string
  /** Null for the last stage. */
  readonly target: string | null
  readonly args: ReadonlyMap<string, string>
  /** The service or target itself. */
  readonly name: string
  /** `service api of deploy/compose.yaml`, for people. */
  readonly by: string
  /** What a Compose service publishes, as written. */
  readonly ports: readonly unknown[]
  /** The file that says it, for people. */
  readonly file: string
}

const compose = /^(docker-)?compose([.-][\w.-]+)?\.ya?ml$/
const bake = /^docker-bake([.-][\w.-]+)?\.json$/

/** Is a file of this name (not a path) one that names builds? Bake files in HCL are not read. */
export function isBuildFileName(name: string): boolean {
  return compose.test(name) || bake.test(name)
}

/**
 * The builds of a Compose or JSON bake file; none where it is neither. What a variable leaves open is left out, and so are remote
 * contexts, which name no Dockerfile of this tree.
 */
export function namedBuilds(text: string, path: string, name: string): readonly NamedBuild[] {
  const isBake = path.endsWith('.json')
  const [file] = valuesOf(text, name)
  return Object.entries(asObject(asObject(file)[isBake ? 'target' : 'services'])).flatMap(([key, entry]) => {
    const build = isBake ? entry : asObject(entry).build
    const found = buildOf(build, dirname(path), isBake ? (written) => String(written) : interpolated)
    const by = `${isBake ? 'target' : 'service'} ${key} of ${name}`
    return found === null
      ? []
      : [{ ...found, name: key, by, ports: isBake ? [] : asList(asObject(entry).ports), file: name }]
  })
}

/** Files of others: one that cannot be read names no build. */
function valuesOf(text: string, name: string): readonly unknown[] {
  try {
    return parseYaml(text, name).values
  } catch {
    return []
  }
}

type Read = (written: unknown) => string | null

function buildOf(
  build: unknown,
  folder: string,
  read: Read,
): Omit<NamedBuild, 'name' | 'by' | 'ports' | 'file'> | null {
  const said = typeof build === 'string' ? { context: build } : build
  if (!isObject(said) || 'dockerfile_inline' in said || 'dockerfile-inline' in said) return null
  const [context, file] = [read(said.context ?? '.'), read(said.dockerfile ?? 'Dockerfile')]
  if (context === null || file === null) return null
  const root = resolve(folder, context)
  const target = said.target == null ? null : read(said.target)
  return { dockerfile: resolve(root, file), context: root, target, args: argsOf(said.args, read) }
}

/** A map, or a list of NAME=VALUE; a name alone has its value from the environment, which only the build knows. */
function argsOf(args: unknown, read: Read): ReadonlyMap<string, string> {
  const pairs = isObject(args)
    ? Object.entries(args)
    : asList(args).map((entry) => {
        const [, name = '', value = null] = /^([^=]*)(?:=(.*))?$/s.exec(String(entry)) ?? []
        return [name, value] as const
      })
  return new Map(
    pairs.flatMap(([name, written]) => {
      const value = written === null ? null : read(written)
      return value === null ? [] : [[name, value] as const]
    }),
  )
}

/** With the default of each variable (`${TAG:-1}`); null where one has none. */
function interpolated(written: unknown): string | null {
  let isOpen = false
  const text = String(written).replace(/\$(\$|\w+|\{[^{}]*\})/g, (_, name: string) => {
    if (name === '$') return '$'
    const fallback = /^\{\w+:?-(.*)\}$/.exec(name)?.[1]
    isOpen ||= fallback === undefined
    return fallback ?? ''
  })
  return isOpen ? null : text
}
