import type { Format } from './format.ts'

/** The resulting Dockerfile alone, changed or not: what stdout carries for one image, and what the next program takes. */
export const dockerfile: Format = {
  name: 'dockerfile',
  tells: 'changes',
  render: (renderings) => renderings.map(({ result }) => result.output).join('\n'),
}
