import { asObject } from '../../manifests/yaml/file.ts'
import { containerRuns } from './manifest.ts'
import { type Reader, withoutTemplates, yamlIn } from './run.ts'

/** Reading YAML takes long, and most charts say nothing of that. */
const SAYS_WHO = /\brunAsUser\b|\bprivileged[ \t]?:/

/** `image: { repository }` beside `securityContext` or `podSecurityContext`, at the top or for one of its parts. */
export const chartValues: Reader = {
  reads: (name) => /^values([.-][\w.-]+)?\.ya?ml$/.test(name),
  runs: (file) => {
    if (!SAYS_WHO.test(file.text)) return []
    const values = asObject(yamlIn(withoutTemplates(file.text))[0])
    return [values, ...Object.values(values).map(asObject)].flatMap((part) => {
      const { image, podSecurityContext: securityContext, securityContext: own } = part
      const { registry, repository } = asObject(image)
      if (typeof repository !== 'string' || repository === '') return []
      const name = typeof registry === 'string' && registry !== '' ? `${registry}/${repository}` : repository
      return containerRuns({ image: name, securityContext: own }, { securityContext }, [], file)
    })
  },
}
