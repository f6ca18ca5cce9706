import type { Dockerfile } from '../../dockerfile/index.ts'
import { escapeEre } from '../../evidence/file-edit.ts'
import { onceFor } from '../../once-for.ts'

/** Whether a Dockerfile gives files to an account, by `--chown` or by a chown of a RUN, for as many names as are asked for. */
export const ownersIn = onceFor((dockerfile: Dockerfile): ((name: string) => boolean) => {
  const instructions = dockerfile.stages.flatMap((stage) => stage.instructions)
  const flagged = new Set(
    instructions.flatMap(({ flags }) =>
      flags.flatMap(({ name, value }) => (name === 'chown' && value != null ? [value.split(':')[0]] : [])),
    ),
  )
  const texts = instructions.flatMap(({ keyword, text, heredocs }) =>
    keyword === 'RUN' ? [text, ...heredocs.map(({ content }) => content)] : [],
  )
  const byWord = new Map<string, Set<string>>()
  const all = texts.flatMap(argumentsOfChown)
  for (const args of all)
    for (const [word] of args.matchAll(/\w+/g)) {
      const saying = byWord.get(word)
      if (saying === undefined) byWord.set(word, new Set([args]))
      else saying.add(args)
    }
  return (name) => {
    if (flagged.has(name)) return true
    const named = new RegExp(`\\b${escapeEre(name)}\\b`)
    for (const args of candidates(name, byWord) ?? all) if (named.test(args)) return true
    return false
  }
})

/** What stands behind each chown, up to the end of its command. */
function argumentsOfChown(text: string): readonly string[] {
  const found: string[] = []
  const pattern = /chown(\s[^&;|\n]*)/g
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, args = ''] = match
    found.push(args)
    // The next line may be the arguments of a chown at the end of this one.
    if (args.endsWith('chown')) pattern.lastIndex -= 'chown'.length
  }
  return found
}

/** Those with the rarest of the name's words in it; null for a name whose first or last sign is none of a word's. */
function candidates(name: string, byWord: ReadonlyMap<string, ReadonlySet<string>>): ReadonlySet<string> | null {
  if (!/^\w(.*\w)?$/.test(name)) return null
  let rarest: ReadonlySet<string> | null = null
  for (const [word] of name.matchAll(/\w+/g)) {
    const saying: ReadonlySet<string> = byWord.get(word) ?? new Set()
    if (rarest === null || saying.size < rarest.size) rarest = saying
  }
  return rarest
}
