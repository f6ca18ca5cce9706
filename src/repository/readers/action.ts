import { dirname, resolve } from 'node:path'
import { asObject } from '../../manifests/yaml/file.ts'
import { nothingSaid, type Reader, yamlIn } from './run.ts'

/** https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax: `runs.image` is a Dockerfile, or `docker://IMAGE`. */
export const action: Reader = {
  reads: (name) => /^action\.ya?ml$/.test(name),
  runs: ({ text, path, name }) => {
    if (!/\bdocker\b/.test(text)) return []
    const { using, image } = asObject(asObject(yamlIn(text)[0]).runs)
    if (using !== 'docker' || typeof image !== 'string') return []
    const other = /^docker:\/\/(.+)$/.exec(image)?.[1] ?? null
    const dockerfiles = other === null ? [resolve(dirname(path), image)] : []
    return [{ ...nothingSaid, kind: 'action', by: `${name} (using: docker)`, file: path, dockerfiles, image: other }]
  },
}
