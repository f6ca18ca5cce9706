import { hardenPod, longRunning } from './pod-spec.ts'
import { type Profile, serviceName } from './profile.ts'
import { asObject, type Json } from './yaml-file.ts'
import { blockText } from './yaml-style.ts'

const LAYOUT = { indent: 2, indentSeq: true } as const

/** A file that says what Kustomize puts together; it has no containers of its own. */
export function isKustomization(values: readonly unknown[], name: string): boolean {
  const kinds = values.map((value) => asObject(value).kind)
  return kinds.includes('Kustomization') || (/(^|\/)kustomization(\.ya?ml)?$/i.test(name) && kinds[0] === undefined)
}

/** What to add to it: the image's new name, and a patch for the Deployment that has the container. */
export function kustomization(profile: Profile, container: string | null): string {
  const { original, name: image } = profile.image
  const name = container ?? serviceName(profile)
  const bare = { containers: [{ name }] }
  const { spec } = hardenPod(bare, longRunning(bare), { ...profile, image: { ...profile.image, original: null } })
  const { initContainers, ...rest } = spec as Json
  const copying = initContainers === undefined ? {} : { initContainers: withImage(initContainers, image) }
  const patch = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'any' },
    spec: { template: { spec: { ...rest, ...copying } } },
  }
  const file = {
    ...(original === null || original === image ? {} : { images: [renamed(original, image)] }),
    patches: [{ target: { kind: 'Deployment' }, patch: blockText(patch, 0, LAYOUT) }],
  }
  return blockText(file, 0, LAYOUT)
}

function renamed(original: string, image: string): Json {
  const [, name = original] = /^(.*?)(?:@.*|:[^:/]+)?$/s.exec(original) ?? []
  const [, newName = image, newTag] = /^(.*?)(?::([^:/@]+))?$/.exec(image) ?? []
  return { name, newName, ...(newTag === undefined ? {} : { newTag }) }
}

function withImage(containers: unknown, image: string): unknown {
  return Array.isArray(containers) ? containers.map((one) => ({ ...asObject(one), image })) : containers
}
