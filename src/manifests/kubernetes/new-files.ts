import type { Rendered } from '../compose/edit-files.ts'
import { movesOf, type Profile, serviceName, slug } from '../profile.ts'
import { asList, asObject, type Json } from '../yaml/file.ts'
import { fileText } from '../yaml/style.ts'
import { restrictedPod } from './harden-pod.ts'
import { longRunning } from './workloads.ts'

/** A Deployment that passes Pod Security *restricted*, where the profile does. */
export function kubernetesManifest(profile: Profile): Rendered {
  const name = serviceName(profile)
  // An emptyDir hides what the image has there.
  const [filled, empty] = [true, false].map((wanted) =>
    profile.volumes.filter((one) => (one.filled ?? false) === wanted),
  )
  const data = (empty ?? []).map(({ path }) => ({ name: slug(path), mountPath: path }))
  const ports = profile.ports.map(({ to, protocol }) => ({
    containerPort: to,
    ...(protocol === 'tcp' ? {} : { protocol: protocol.toUpperCase() }),
  }))
  const bare = {
    ...(profile.root ? { hostUsers: false } : {}),
    containers: [
      {
        name,
        image: profile.image.name,
        ...(ports.length > 0 ? { ports } : {}),
        ...(data.length > 0 ? { volumeMounts: data } : {}),
      },
    ],
    ...(data.length > 0 ? { volumes: data.map((one) => ({ name: one.name, emptyDir: {} })) } : {}),
  }
  const copied = (filled ?? []).map(
    ({ path, uid, gid }) => ({ kind: 'state', path, uid, gid, mode: 0o755, filled: true }) as const,
  )
  const { spec, notes } = newPod(bare, { ...profile, writable: [...profile.writable, ...copied] })
  const labels = { app: name }
  const manifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  }
  const lost = data.map(
    ({ mountPath }) => `${mountPath} is an emptyDir here, gone with the pod: put a persistentVolumeClaim in its place`,
  )
  return { text: fileText(manifest), notes: [...notes, ...lost] }
}

function newPod(bare: Json, profile: Profile): ReturnType<typeof restrictedPod> {
  return restrictedPod(bare, longRunning(bare), profile)
}

/** Go's template actions as charts use them; `{{ $labels.x }}` in the text of a ConfigMap is none. */
const ACTION =
  /\{\{-?\s*(\/\*|(if|else|with|range|end|define|include|template|block|toYaml|tpl|required|default|quote|printf)\b|\.(Values|Release|Chart|Capabilities|Template|Files)\b|\$\.)/

export function isHelmTemplate(text: string): boolean {
  return ACTION.test(text)
}

/** The same settings under the names that `helm create` gives them. */
export function helmValues(profile: Profile): string {
  const { spec } = newPod({ containers: [{ name: serviceName(profile), image: profile.image.name }] }, profile)
  const container = asObject(asList(spec.containers)[0])
  const [moved] = movesOf(profile)
  const [, repository = profile.image.name, tag = ''] = /^(.*?)(?::([^:/@]+))?$/.exec(profile.image.name) ?? []
  const values = {
    image: { repository, tag },
    podSecurityContext: spec.securityContext ?? {},
    securityContext: container.securityContext,
    ...(spec.volumes === undefined ? {} : { volumes: spec.volumes, volumeMounts: container.volumeMounts }),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers }),
    // The Service's own port stays, and with it what calls it.
    ...(moved === undefined ? {} : { service: { targetPort: moved.to } }),
  }
  return fileText(values)
}

/** A file that says what Kustomize puts together; it has no containers of its own. */
export function isKustomization(values: readonly unknown[], name: string): boolean {
  const kinds = values.map((value) => asObject(value).kind)
  return kinds.includes('Kustomization') || (/(^|\/)kustomization(\.ya?ml)?$/i.test(name) && kinds[0] === undefined)
}

/** What to add to it: the image's new name, and a patch for the Deployment that has the container. */
export function kustomization(profile: Profile, container: string | null): string {
  const { original, name: image } = profile.image
  const name = container ?? serviceName(profile)
  const { spec } = newPod({ containers: [{ name }] }, { ...profile, image: { ...profile.image, original: null } })
  const copying = asList(spec.initContainers).map((one) => ({ ...asObject(one), image }))
  const template = { spec: copying.length === 0 ? spec : { ...spec, initContainers: copying } }
  const patch = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'any' }, spec: { template } }
  const file = {
    ...(original === null || original === image ? {} : { images: [renamed(original, image)] }),
    patches: [{ target: { kind: 'Deployment' }, patch: fileText(patch) }],
  }
  return fileText(file)
}

function renamed(original: string, image: string): Json {
  const [, name = original] = /^(.*?)(?:@.*|:[^:/]+)?$/s.exec(original) ?? []
  const [, newName = image, newTag] = /^(.*?)(?::([^:/@]+))?$/.exec(image) ?? []
  return { name, newName, ...(newTag === undefined ? {} : { newTag }) }
}
