import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'

export type Path = readonly (string | number)[]

/** An object of a manifest: a document of its own, or an item of a List. */
export interface Member {
  readonly path: Path
  readonly value: Json
}

export interface Pod {
  /** Of its spec. */
  readonly path: Path
  readonly spec: Json
  readonly labels: Json
  readonly annotations: Json
}

/** All objects of a document; `kind: List` (and `DeploymentList` and the like) has them in `items`. */
export function membersOf(document: unknown): readonly Member[] {
  if (!isObject(document)) return []
  if (!/List$/.test(textOf(document.kind)) || !Array.isArray(document.items)) return [{ path: [], value: document }]
  return document.items.flatMap((item, index) =>
    membersOf(item).map(({ path, value }) => ({ path: ['items', index, ...path], value })),
  )
}

/** Deployment and its like, also those of others (a Rollout, a DeploymentConfig); CronJob; PodTemplate. */
const TEMPLATES: readonly Path[] = [['spec', 'template'], ['spec', 'jobTemplate', 'spec', 'template'], ['template']]

/** The pod that an object runs; empty where it runs none. */
export function podsOf({ path, value }: Member): readonly Pod[] {
  const places = value.kind === 'Pod' ? [[]] : TEMPLATES
  return places.flatMap((place) => {
    const pod = asObject(at(value, place))
    const spec = asObject(pod.spec)
    if (asList(spec.containers).length === 0) return []
    const { labels, annotations } = asObject(pod.metadata)
    return [{ path: [...path, ...place, 'spec'], spec, labels: asObject(labels), annotations: asObject(annotations) }]
  })
}

export function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (current, key) => (typeof key === 'number' ? asList(current) : asObject(current))[key as never],
    value,
  )
}

export function put(value: unknown, [key, ...rest]: Path, inner: unknown): unknown {
  if (key === undefined) return inner
  if (typeof key === 'number')
    return asList(value).map((item, index) => (index === key ? put(item, rest, inner) : item))
  return { ...asObject(value), [key]: put(asObject(value)[key], rest, inner) }
}
