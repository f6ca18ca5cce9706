import type { Dockerfile, Instruction } from '../dockerfile/model.ts'

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
