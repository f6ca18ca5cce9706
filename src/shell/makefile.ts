import { normalisePath } from '../path.ts'

/** The lines that one `make` runs in the folder of its Makefile. */
export interface Recipe {
  /** Absolute. */
  readonly folder: string
  /** Each has a shell of its own. */
  readonly lines: readonly string[]
}

/** No target has more above it. */
const MOST_TARGETS = 20

/**
 * The recipes of the targets that `make` is told, and of what those need; null where no Makefile is there. `args`: the words behind
 * `make`; `textOf`: of a file by its absolute path. `undefinedAs`: what a variable is that nothing sets; absent: it stays as written.
 * Source: GNU make, *Options Summary* and *How to Use Variables*.
 */
export function recipeOf(
  args: readonly string[],
  folder: string,
  textOf: (path: string) => string | null | undefined,
  undefinedAs?: '',
): Recipe | null {
  const valued = (option: string): string | undefined =>
    args.includes(option) ? args[args.indexOf(option) + 1] : undefined
  const place = normalisePath(valued('-C') ?? '.', folder)
  const named = valued('-f')
  const names = named === undefined ? ['GNUmakefile', 'makefile', 'Makefile'] : [named]
  const text = names.map((name) => textOf(normalisePath(name, place))).find((one) => one != null)
  if (text == null) return null
  const given = args.flatMap((word) => {
    const [, name, value = ''] = /^(\w+)=(.*)$/s.exec(word) ?? []
    return name === undefined ? [] : [[name, value] as const]
  })
  const rules = rulesOf(text, new Map(given), undefinedAs)
  const operands = args.filter((word, index) => !/^-|=/.test(word) && !/^-[Cf]$/.test(args[index - 1] ?? ''))
  const open =
    operands.length > 0 ? [...operands] : [...rules.keys()].filter((name) => !name.startsWith('.')).slice(0, 1)
  const seen = new Set<string>()
  const lines: string[] = []
  for (let name = open.shift(); name !== undefined && seen.size < MOST_TARGETS; name = open.shift()) {
    const rule = seen.has(name) ? undefined : rules.get(name)
    seen.add(name)
    if (rule === undefined) continue
    open.push(...rule.needs)
    lines.push(...rule.lines)
  }
  return { folder: place, lines }
}

interface Rule {
  readonly needs: readonly string[]
  readonly lines: readonly string[]
}

/** By target; variables that the command or the file gives one value are filled in. */
function rulesOf(text: string, given: ReadonlyMap<string, string>, undefinedAs?: ''): ReadonlyMap<string, Rule> {
  const values = new Map(given)
  const filled = (part: string): string =>
    part.replace(/\$[({](\w+)[)}]/g, (all, name: string) =>
      name === 'MAKE' ? 'make' : (values.get(name) ?? undefinedAs ?? all),
    )
  const rules = new Map<string, { needs: string[]; lines: string[] }>()
  let current: readonly string[] = []
  for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
    if (line.startsWith('\t')) {
      const command = filled(line.trim().replace(/^[@+-]+/, ''))
      for (const name of current) {
        const rule = rules.get(name)
        rule?.lines.push(withAutomatic(command, name, rule.needs).replaceAll('$$', '$'))
      }
      continue
    }
    const [, variable, value = ''] = /^(?:export )?(\w+)\s*[:?]{0,2}=(.*)$/.exec(line) ?? []
    if (variable !== undefined) {
      if (!values.has(variable)) values.set(variable, filled(value.trim()))
      continue
    }
    const [, targets, needs = ''] = /^([^\s#:=][^#:=]*):{1,2}(?!=)([^=#;]*)/.exec(line) ?? []
    if (targets === undefined) continue
    current = filled(targets)
      .split(/\s+/)
      .filter((name) => name !== '')
    for (const name of current) {
      const rule = rules.get(name) ?? { needs: [], lines: [] }
      rule.needs.push(
        ...filled(needs)
          .split(/\s+/)
          .filter((each) => each !== '' && each !== '|'),
      )
      rules.set(name, rule)
    }
  }
  return rules
}

/** `$@` is the target, `$<` the first that it needs, and `$^` all of them. Source: GNU make, *Automatic Variables*. */
function withAutomatic(line: string, target: string, needs: readonly string[]): string {
  return line.replace(/(?<!\$)\$([@<^])/g, (_, sign: string) =>
    sign === '@' ? target : sign === '<' ? (needs[0] ?? '') : needs.join(' '),
  )
}
