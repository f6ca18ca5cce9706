import {
  allInstructions,
  type Dockerfile,
  type Instruction,
  parseDockerfile,
  type Span,
} from '../../src/dockerfile/index.ts'

/** The only instruction after `FROM scratch`, with the model it stands in. */
export function only(text: string, head = 'FROM scratch\n'): { instruction: Instruction; dockerfile: Dockerfile } {
  const dockerfile = parseDockerfile(head + text)
  const instruction = dockerfile.stages[0]?.instructions[0]
  if (instruction === undefined) throw new Error('there is no instruction')
  return { instruction, dockerfile }
}

export function slice(dockerfile: Dockerfile, span: Span | null): string | null {
  return span === null ? null : dockerfile.source.slice(span.start, span.end)
}

/** The first instruction of a keyword, anywhere. */
export function first(dockerfile: Dockerfile, keyword: string): Instruction {
  const found = allInstructions(dockerfile).find((instruction) => instruction.keyword === keyword)
  if (found === undefined) throw new Error(`there is no ${keyword}`)
  return found
}
