import { dirname, resolve } from 'node:path'
import { asList, asObject } from '../../manifests/yaml/file.ts'
import { textOf } from './compose.ts'
import { nothingSaid, plain, type Reader, type Run, yamlIn } from './run.ts'

/**
 * `dockers`, `dockers_v2` and `docker_manifests`, whose names are those of the images that they put together; what else fills a template
 * in stays a variable. Source: https://goreleaser.com/customization/docker/
 */
export const goreleaser: Reader = {
  reads: (name) => /^\.?goreleaser([.-][\w.-]+)?\.ya?ml$/.test(name),
  runs: ({ text, path, name }) => {
    if (!/^dockers/m.test(text)) return []
    const file = asObject(yamlIn(text)[0])
    const namesOf = (templates: readonly unknown[]): readonly string[] =>
      templates.flatMap((template) =>
        typeof template !== 'string' || template === ''
          ? []
          : template
              .replace(/\{\{\s*\.ProjectName\s*\}\}/g, textOf(file.project_name) ?? '$&')
              .replace(/\{\{[^{}]{0,200}\}\}/g, '$${RELEASE}'),
      )
    const manifests = asList(file.docker_manifests).map((written) => {
      const { name_template: together, image_templates: parts } = asObject(written)
      return { names: namesOf([together]), parts: namesOf(asList(parts)) }
    })
    return [...asList(file.dockers), ...asList(file.dockers_v2)].map(asObject).flatMap((build): readonly Run[] => {
      const dockerfile = build.dockerfile === undefined ? 'Dockerfile' : plain(build.dockerfile)
      if (dockerfile === null || /[{}]/.test(dockerfile)) return []
      const own = namesOf([...asList(build.image_templates), ...asList(build.images)])
      const together = manifests.filter(({ parts }) => parts.some((part) => own.includes(part)))
      const names = [...own, ...together.flatMap((one) => one.names)]
      return [
        {
          ...nothingSaid,
          kind: 'build',
          by: name,
          file: path,
          dockerfiles: [resolve(dirname(path), dockerfile)],
          names,
        },
      ]
    })
  },
}

/** The programs that GoReleaser builds in the folder of its configuration, as `BuildContext.released`. `goMod`: the go.mod beside it. */
export function releasedPrograms(text: string, goMod: string | null): ReadonlyMap<string, string> {
  const [file] = yamlIn(text).map(asObject)
  const module = /^module[ \t]+(\S+)/m.exec(goMod ?? '')?.[1]?.replace(/\/v\d{1,3}$/, '')
  const project = textOf(file?.project_name) ?? module?.slice(module.lastIndexOf('/') + 1) ?? null
  const builds = file?.builds === undefined ? [{}] : asList(file.builds).map(asObject)
  return new Map(
    builds.flatMap((build) => {
      const program = textOf(build.binary) ?? project
      const main = textOf(build.main) ?? '.'
      if (file === undefined || program === null || /[{}]/.test(`${program}${main}`) || build.builder === 'prebuilt')
        return []
      const folder = (main.endsWith('.go') ? main.slice(0, main.lastIndexOf('/') + 1) : main)
        .split('/')
        .filter((part) => part !== '' && part !== '.')
        .join('/')
      return [[program.slice(program.lastIndexOf('/') + 1), folder] as const]
    }),
  )
}
