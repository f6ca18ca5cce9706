import type { Format, Rendering } from './format.ts'

/**
 * A file for `docker buildx bake`, on any builder: each result is built from its text, without being written. Of Dockerfiles and images;
 * what failed is left out. Source: https://docs.docker.com/build/bake/reference/
 */
export const bake: Format = {
  name: 'bake',
  tells: 'data',
  render: (renderings) => `${JSON.stringify(bakeFile(renderings), null, 2)}\n`,
}

interface BakeTarget {
  readonly context: string
  readonly 'dockerfile-inline': string
  readonly args?: Readonly<Record<string, string>>
  readonly target?: string
  readonly tags: readonly string[]
}

function bakeFile(renderings: readonly Rendering[]): object {
  const targets = new Map<string, BakeTarget>()
  for (const { result, build } of renderings) {
    if (result.verdict === 'failed' || result.services !== undefined) continue
    const name = freeName(result.target, targets)
    const args = Object.entries(build?.args ?? {}).map(([key, value]) => [key, literal(value)])
    targets.set(name, {
      // No context is needed where the file only builds on an image.
      context: literal(build?.context ?? '.'),
      'dockerfile-inline': literal(result.output),
      ...(args.length === 0 ? {} : { args: Object.fromEntries(args) }),
      ...(build?.target === undefined ? {} : { target: literal(build.target) }),
      tags: [`${name.toLowerCase()}:nonroot`],
    })
  }
  return { group: { default: { targets: [...targets.keys()] } }, target: Object.fromEntries(targets) }
}

/** Texts of a bake file are templates: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#template-literals */
function literal(text: string): string {
  return text.replace(/[$%]\{/g, (start) => `${start[0]}${start}`)
}

/** Of letters, digits, `-` and `_`, as bake and an image's name have them; a Dockerfile is called as its folder is. */
function freeName(target: string, taken: ReadonlyMap<string, unknown>): string {
  const bare = target.replace(/\/?(?:Docker|Container)file$/i, '')
  const words = bare.match(/[A-Za-z0-9]+/g) ?? ['image']
  const name = words.join('-').slice(0, 100)
  if (!taken.has(name)) return name
  for (let number = 2; ; number++) if (!taken.has(`${name}-${number}`)) return `${name}-${number}`
}
