import { hardenPod, longRunning } from './pod-spec.ts'
import { type Profile, serviceName } from './profile.ts'
import { asList, asObject } from './yaml-file.ts'
import { blockText } from './yaml-style.ts'

/** Go's template actions as charts use them; `{{ $labels.x }}` in the text of a ConfigMap is none. */
const ACTION =
  /\{\{-?\s*(\/\*|(if|else|with|range|end|define|include|template|block|toYaml|tpl|required|default|quote|printf)\b|\.(Values|Release|Chart|Capabilities|Template|Files)\b|\$\.)/

export function isHelmTemplate(text: string): boolean {
  return ACTION.test(text)
}

/** The same settings under the names that `helm create` gives them. */
export function helmValues(profile: Profile): string {
  const name = serviceName(profile)
  const bare = { containers: [{ name, image: profile.image.name }] }
  const { spec } = hardenPod(bare, longRunning(bare), profile)
  const container = asObject(asList(spec.containers)[0])
  const [, repository = profile.image.name, tag = ''] = /^(.*?)(?::([^:/@]+))?$/.exec(profile.image.name) ?? []
  const values = {
    image: { repository, tag },
    podSecurityContext: spec.securityContext ?? {},
    securityContext: container.securityContext,
    ...(spec.volumes === undefined ? {} : { volumes: spec.volumes, volumeMounts: container.volumeMounts }),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers }),
    ...(profile.ports.length === 0 ? {} : { service: { port: profile.ports[0]?.to } }),
  }
  return blockText(values, 0, { indent: 2, indentSeq: true })
}
