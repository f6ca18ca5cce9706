import type { Shipped } from '../contents/stage-contents.ts'
import { normalisePath } from '../places.ts'

const RUNNERS = /^(npm|yarn|pnpm|bun)$/
/** Deeper, scripts only call each other in circles. */
const DEEPEST = 4

/** The commands that `npm start`, `yarn dev` and their like come down to, by the package.json that the stage ships. */
export function npmScripts(
  command: readonly string[],
  texts: Shipped['texts'],
  workdir: string,
  depth = 0,
): readonly (readonly string[])[] {
  const all = command.flatMap((word) => (/\s/.test(word) ? word.split(/\s+|(?<=[;&|])|(?=[;&|])/) : [word]))
  const at = all.findIndex((word) => RUNNERS.test(word))
  const scripts = at < 0 || depth > DEEPEST ? null : scriptsOf(texts.get(normalisePath('package.json', workdir) ?? ''))
  if (scripts === null) return []
  const [verb, name] = all.slice(at + 1).filter((word) => !word.startsWith('-'))
  const script = verb === 'run' || verb === 'run-script' ? name : verb
  if (script === undefined) return []
  return [`pre${script}`, script, `post${script}`].flatMap((each) =>
    (scripts.get(each) ?? '')
      .split(/&&|\|\||[;|&]/)
      .map((text) =>
        text
          .trim()
          .split(/\s+/)
          .filter((word) => word !== '' && !/^(\w+=.*|cross-env|npx|exec)$/.test(word)),
      )
      .filter((words) => words.length > 0)
      .flatMap((words) => [words, ...npmScripts(words, texts, workdir, depth + 1)]),
  )
}

function scriptsOf(text: string | undefined): ReadonlyMap<string, string> | null {
  try {
    const { scripts } = JSON.parse(text ?? '') as { readonly scripts?: Readonly<Record<string, unknown>> }
    return new Map(
      Object.entries(scripts ?? {}).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    )
  } catch {
    return null
  }
}
