import type { Format } from './format.ts'

/** The resulting Dockerfile alone: what stdout carries for one image. Not offered by `--format`. */
export const dockerfile: Format = {
  name: 'dockerfile',
  summary: 'the resulting Dockerfile alone',
  tells: 'changes',
  render: (renderings) => renderings.map(({ result }) => result.output).join('\n'),
}
