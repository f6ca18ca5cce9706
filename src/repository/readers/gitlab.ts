import { asObject } from '../../manifests/yaml/file.ts'
import { commandRuns } from './commands.ts'
import { nothingSaid, type Reader, type Run, yamlIn } from './run.ts'

/** The images that jobs run in, and what their commands build. https://docs.gitlab.com/ci/yaml/#image */
export const gitlab: Reader = {
  reads: (name) => /^\.gitlab-ci([.-][\w.-]+)?\.ya?ml$/.test(name),
  runs: (file) => {
    const jobs = Object.entries(asObject(yamlIn(file.text)[0])).flatMap(([job, written]): readonly Run[] => {
      const said = job === 'image' ? written : asObject(written).image
      const image = typeof said === 'string' ? said : asObject(said).name
      const by = job === 'image' || job === 'default' ? file.name : `job ${job} of ${file.name}`
      return typeof image === 'string' ? [{ ...nothingSaid, kind: 'job', by, file: file.path, image }] : []
    })
    return [...jobs, ...commandRuns(file).filter(({ kind }) => kind === 'build')]
  },
}
