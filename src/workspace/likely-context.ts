import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Dockerfile, Instruction } from '../dockerfile/model.ts'
import { repositoryOf, upwards } from './repository.ts'
import { holdsHome } from './trust.ts'

/**
 * The build context (absolute) of a Dockerfile that lies deeper than what it copies, as with `docker build -f docker/Dockerfile .`:
 * the nearest folder above it that has most of its sources, and all those that its own folder has. Looked for
 * in the repository, else below `cwd`, but never in the folder that holds all of somebody's files. Null where its own folder is as good.
 */
export function likelyContext(dockerfile: Dockerfile, path: string, cwd: string, home?: string): string | null {
  const own = dirname(path)
  const top = repositoryOf(own) ?? (isWithin(own, cwd) ? cwd : own)
  const sources = copiedSources(dockerfile).filter((source) => source !== '')
  const there = (folder: string): readonly string[] => sources.filter((source) => existsSync(join(folder, source)))
  const atHome = there(own)
  if (atHome.length === sources.length) return null
  let [best, most] = [own, atHome.length]
  for (const folder of upwards(own)) {
    if (holdsHome(folder, home)) break
    const found = there(folder)
    if (found.length > most && atHome.every((source) => found.includes(source))) [best, most] = [folder, found.length]
    if (folder === top) break
  }
  return best === own ? null : best
}

function isWithin(folder: string, above: string): boolean {
  return !relative(above, folder).startsWith('..')
}

/** What COPY, ADD and `RUN --mount=type=bind` take from the build context, of each the part that is there by its very name: '' for all of it. */
export function copiedSources({ stages }: Dockerfile): readonly string[] {
  const named = stages.flatMap(({ instructions }) => instructions.flatMap(sourcesOf))
  return [...new Set(named.map(fixedPart))]
}

function sourcesOf({ keyword, flags, json, words }: Instruction): readonly string[] {
  if (keyword === 'RUN')
    return flags.flatMap(({ name, value }) => {
      if (name !== 'mount' || value === null || /(^|,)from=/.test(value) || !/(^|,)type=bind(,|$)/.test(value))
        return []
      return /(?:^|,)(?:source|src)=([^,]+)/.exec(value)?.slice(1) ?? []
    })
  if ((keyword !== 'COPY' && keyword !== 'ADD') || flags.some(({ name }) => name === 'from')) return []
  const all = json?.map(({ value }) => value) ?? words.map(({ value }) => value)
  return all.slice(0, -1).filter((word) => !word.startsWith('<<') && !/^\w+:|^git@/.test(word))
}

/** `conf/*.conf` needs the folder conf. */
function fixedPart(source: string): string {
  const parts = source.split('/').filter((part) => part !== '' && part !== '.')
  const end = parts.findIndex((part) => /[*?[$]/.test(part))
  return (end < 0 ? parts : parts.slice(0, end)).join('/')
}
