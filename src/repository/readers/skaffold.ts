import { dirname, resolve } from 'node:path'
import { asList, asObject } from '../../manifests/yaml/file.ts'
import { nothingSaid, plain, type Reader, type Run, yamlIn } from './run.ts'

/** https://skaffold.dev/docs/references/yaml/ */
export const skaffold: Reader = {
  reads: (name) => /^skaffold([.-][\w.-]+)?\.ya?ml$/.test(name),
  runs: ({ text, path, name }) =>
    yamlIn(text)
      .flatMap((document) => asList(asObject(asObject(document).build).artifacts).map(asObject))
      .flatMap(({ image, context: written, docker }): readonly Run[] => {
        if (typeof image !== 'string') return []
        const context = resolve(dirname(path), plain(written) ?? '.')
        const dockerfiles = [resolve(context, plain(asObject(docker).dockerfile) ?? 'Dockerfile')]
        const stage = plain(asObject(docker).target)
        return [{ ...nothingSaid, kind: 'build', by: name, file: path, dockerfiles, context, stage, names: [image] }]
      }),
}
