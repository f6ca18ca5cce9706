import { basename, dirname, resolve } from 'node:path'
import { asList, asObject } from '../../manifests/yaml/file.ts'
import { pairsOf, textOf } from './compose.ts'
import { nothingSaid, plain, type Reader, type RepositoryFile, type Run, yamlIn } from './run.ts'

/** https://docs.docker.com/build/bake/reference/ Of another name it is told to bake with `-f`, from the top of the repository. */
export const bake: Reader = {
  reads: (name) => OWN_NAME.test(name) || /\.hcl$/.test(name),
  runs: bakeRuns,
}

const OWN_NAME = /^docker-bake([.-][\w.-]+)?\.(json|hcl)$/

/** A build for each target, with what it inherits. */
export function bakeRuns({ path, root: top, name, text }: RepositoryFile): readonly Run[] {
  const targets = path.endsWith('.json')
    ? new Map(Object.entries(asObject(asObject(yamlIn(text)[0]).target)))
    : targetsOf(text)
  const folder = OWN_NAME.test(basename(path)) ? dirname(path) : top
  const builtAs = (key: string, seen: ReadonlySet<string> = new Set()): Built | null => {
    const target = asObject(targets.get(key))
    if (seen.has(key)) return null
    const [parent] = asList(target.inherits)
    const above = typeof parent === 'string' ? builtAs(parent, new Set([...seen, key])) : null
    const context = plain(target.context) === null ? null : resolve(folder, plain(target.context) ?? '.')
    const file = plain(target.dockerfile)
    const root = context ?? above?.context ?? folder
    return {
      dockerfiles:
        file === null && above !== null && context === null ? above.dockerfiles : [resolve(root, file ?? 'Dockerfile')],
      context: root,
      stage: plain(target.target) ?? above?.stage ?? null,
      args: new Map([
        ...(above?.args ?? []),
        ...[...pairsOf(target.args, textOf)].flatMap(([arg, value]) => (value === null ? [] : [[arg, value] as const])),
      ]),
    }
  }
  // A name that FROM lines use: `contexts = { base = "target:core" }`.
  const contexts = [...targets.values()].flatMap((written) =>
    Object.entries(asObject(asObject(written).contexts)).flatMap(([alias, source]) => {
      const key = typeof source === 'string' ? /^target:([\w.-]+)$/.exec(source)?.[1] : undefined
      return key === undefined ? [] : [{ alias, key }]
    }),
  )
  return [...targets].flatMap(([key, written]): readonly Run[] => {
    const built = builtAs(key)
    if (built === null) return []
    const tags = asList(asObject(written).tags).filter((tag): tag is string => typeof tag === 'string')
    const names = [...tags, ...contexts.flatMap((one) => (one.key === key ? [one.alias] : []))]
    const by = `target ${key} of ${name}`
    return [{ ...nothingSaid, ...built, kind: 'build', by, file: path, service: key, names }]
  })
}

type Built = Pick<Run, 'dockerfiles' | 'context' | 'stage' | 'args'>

/** The targets of a bake file in HCL, as far as they are plain texts, lists and maps of them. */
function targetsOf(text: string): ReadonlyMap<string, unknown> {
  const targets = new Map<string, unknown>()
  for (const { 1: name = '', index, 0: head } of text.matchAll(/^[ \t]*target[ \t]+"?([\w.-]+)"?[ \t]*\{/gm)) {
    const body = untilClosed(text, index + head.length)
    const target: Record<string, unknown> = {}
    for (const key of ['context', 'dockerfile', 'target']) {
      const said = new RegExp(String.raw`^[ \t]*${key}[ \t]*=[ \t]*"([^"\n]*)"`, 'm').exec(body)?.[1]
      if (said !== undefined) target[key] = said
    }
    for (const key of ['tags', 'inherits']) {
      const list = new RegExp(String.raw`^[ \t]*${key}[ \t]*=[ \t]*\[([^\]]*)\]`, 'm').exec(body)?.[1]
      if (list !== undefined) target[key] = [...list.matchAll(/"([^"\n]*)"/g)].map(([, word]) => word)
    }
    const contexts = /^[ \t]*contexts[ \t]*=[ \t]*\{([^{}]{0,4000})\}/m.exec(body)?.[1] ?? ''
    target.contexts = Object.fromEntries(
      [...contexts.matchAll(/(?<![\w./:-])"?([\w./:-]+)"?[ \t]*[=:][ \t]*"([^"\n]*)"/g)].map(([, key = '', value]) => [
        key,
        value,
      ]),
    )
    targets.set(name, target)
  }
  return targets
}

/** What is in a block, up to the bracket that closes it; brackets in texts come in pairs. */
function untilClosed(text: string, from: number): string {
  let depth = 1
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1
    else if (text[at] === '}') depth -= 1
    if (depth === 0) return text.slice(from, at)
  }
  return text.slice(from)
}
