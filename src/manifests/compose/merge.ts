import { table } from '../../table.ts'
import { asList, asObject, isObject, type Json, textOf } from '../yaml/file.ts'
import { targetOf } from './written.ts'

// How Compose puts two of a kind together, several files as well as a service and the one that it extends. Source: Compose
// specification, *merge*; compose-go, override/merge.go and override/uncity.go.

export function mergedFile(first: Json, second: Json): Json {
  const both: Record<string, unknown> = { ...first, ...second }
  for (const [key, value] of Object.entries(first)) {
    const other = second[key]
    if (key === 'services') both[key] = eachMerged(asObject(value), asObject(other), mergedService)
    else if (isObject(value) && (other === null || isObject(other))) both[key] = mergedMap(value, asObject(other))
    else if (Array.isArray(value) && Array.isArray(other)) both[key] = [...value, ...other]
  }
  return both
}

/** Puts one service on top of another: lists add up, maps merge, the later value of a key wins, and a command is replaced. */
export function mergedService(first: Json, second: Json): Json {
  return unique(mergedMap(first, second, SERVICE))
}

function eachMerged(first: Json, second: Json, merge: (first: Json, second: Json) => Json): Json {
  const both: Record<string, unknown> = { ...first }
  for (const [key, value] of Object.entries(second))
    both[key] = isObject(both[key]) && isObject(value) ? merge(both[key], value) : (value ?? both[key] ?? null)
  return both
}

type Merge = (first: unknown, second: unknown) => unknown

function mergedMap(first: Json, second: Json, special: Readonly<Record<string, Merge>> = NOTHING_SPECIAL): Json {
  const both: Record<string, unknown> = { ...first }
  for (const [key, value] of Object.entries(second)) {
    const merge = special[key] ?? plain
    both[key] = Object.hasOwn(first, key) ? merge(first[key], value) : value
  }
  return both
}

const NOTHING_SPECIAL: Readonly<Record<string, Merge>> = table({})

/** An empty value leaves the earlier one. */
const plain: Merge = (first, second) => {
  if (second === null || second === undefined) return first
  if (isObject(first) && isObject(second)) return mergedMap(first, second)
  return Array.isArray(first) && Array.isArray(second) ? [...first, ...second] : second
}

const replaced: Merge = (_, second) => second

/** A map, or a list of NAME=VALUE. */
const pairs: Merge = (first, second) => {
  if (second === null) return first
  if (isObject(first) && isObject(second)) return { ...first, ...second }
  return [...asPairs(first), ...asPairs(second)]
}

function asPairs(value: unknown): readonly unknown[] {
  if (!isObject(value)) return typeof value === 'string' ? [value] : asList(value)
  return Object.entries(value).flatMap(([key, one]) =>
    Array.isArray(one) ? one.map((each) => `${key}=${textOf(each)}`) : [one === null ? key : `${key}=${textOf(one)}`],
  )
}

/** A list, or a text that stands for one. */
const listed: Merge = (first, second) => (second === null ? first : [...inList(first), ...inList(second)])

function inList(value: unknown): readonly unknown[] {
  return value === null || value === undefined ? [] : Array.isArray(value) ? value : [value]
}

/** A map, or a list of its keys. */
const keyed =
  (empty: unknown): Merge =>
  (first, second) =>
    mergedMap(asKeys(first, empty), asKeys(second, empty))

function asKeys(value: unknown, empty: unknown): Json {
  return Array.isArray(value) ? Object.fromEntries(value.map((key) => [textOf(key), empty])) : asObject(value)
}

const BUILD: Readonly<Record<string, Merge>> = table({
  args: pairs,
  additional_contexts: pairs,
  labels: pairs,
  extra_hosts: listed,
})

const build: Merge = (first, second) =>
  mergedMap(
    typeof first === 'string' ? { context: first } : asObject(first),
    typeof second === 'string' ? { context: second } : asObject(second),
    BUILD,
  )

/** The options of the first driver mean nothing to another one. */
const logging: Merge = (first, second) => {
  const [one, other] = [asObject(first), asObject(second)]
  const isOther = one.driver !== undefined && other.driver !== undefined && one.driver !== other.driver
  return isOther ? other : mergedMap(one, other)
}

const DEPLOY: Readonly<Record<string, Merge>> = table({ labels: pairs })
const HEALTHCHECK: Readonly<Record<string, Merge>> = table({ test: replaced })
const SERVICE: Readonly<Record<string, Merge>> = table({
  annotations: pairs,
  build,
  command: replaced,
  depends_on: keyed({ condition: 'service_started', required: true }),
  deploy: (first, second) => mergedMap(asObject(first), asObject(second), DEPLOY),
  dns: listed,
  dns_opt: listed,
  dns_search: listed,
  entrypoint: replaced,
  env_file: listed,
  environment: pairs,
  extra_hosts: pairs,
  healthcheck: (first, second) => mergedMap(asObject(first), asObject(second), HEALTHCHECK),
  label_file: listed,
  labels: pairs,
  logging,
  networks: keyed(null),
  sysctls: pairs,
  tmpfs: listed,
})

type KeyOf = (entry: unknown) => string

const word: KeyOf = (entry) => textOf(entry).split('=')[0] ?? ''
const mounted =
  (folder: string): KeyOf =>
  (entry) =>
    isObject(entry) && entry.target !== undefined
      ? textOf(entry.target)
      : `${folder}/${textOf(isObject(entry) ? entry.source : entry)}`

const KEYS: Readonly<Record<string, KeyOf>> = table({
  annotations: word,
  cap_add: word,
  cap_drop: word,
  configs: mounted(''),
  devices: (entry) => (isObject(entry) ? textOf(entry.target) : (textOf(entry).split(':')[1] ?? textOf(entry))),
  dns: word,
  dns_opt: word,
  dns_search: word,
  env_file: (entry) => textOf(isObject(entry) ? entry.path : entry),
  environment: word,
  expose: textOf,
  extra_hosts: textOf,
  labels: word,
  links: word,
  ports: portKey,
  profiles: word,
  secrets: mounted('/run/secrets'),
  sysctls: word,
  tmpfs: word,
  volumes: targetOf,
})

/** `127.0.0.1:80:8080/tcp`, however it is written. */
function portKey(entry: unknown): string {
  if (isObject(entry)) {
    const { host_ip = '', published = '', target, protocol = 'tcp' } = entry
    return [textOf(host_ip), textOf(published), `${textOf(target)}/${textOf(protocol)}`].join(':')
  }
  const [, address = '', published = '', target = '', protocol = 'tcp'] =
    /^(?:(.*):)?(?:([\d-]*):)?([^:/]*)(?:\/(\w+))?$/.exec(textOf(entry)) ?? []
  // Without a middle part the first part is a port, unless it is an address.
  const isPort = published === '' && /^[\d-]+$/.test(address)
  return [isPort ? '' : address, isPort ? address : published, `${target}/${protocol}`].join(':')
}

/** The last of the entries with one key, in the place of the first. */
function unique(service: Json): Json {
  const all: Record<string, unknown> = { ...service }
  for (const [key, keyOf] of Object.entries(KEYS)) if (Array.isArray(all[key])) all[key] = lastOfEach(all[key], keyOf)
  const { build: built } = all
  if (isObject(built))
    all.build = {
      ...built,
      ...(Array.isArray(built.args) ? { args: lastOfEach(built.args, word) } : {}),
      ...(Array.isArray(built.additional_contexts)
        ? { additional_contexts: lastOfEach(built.additional_contexts, word) }
        : {}),
    }
  return all
}

function lastOfEach(entries: readonly unknown[], keyOf: KeyOf): readonly unknown[] {
  const last = new Map<string, unknown>()
  for (const entry of entries) last.set(keyOf(entry), entry)
  return [...last.values()]
}
