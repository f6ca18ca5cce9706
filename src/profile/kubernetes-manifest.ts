import type { Rendered } from './compose.ts'
import { hardenPod, longRunning } from './pod-spec.ts'
import { type Profile, serviceName, slug } from './profile.ts'
import { blockText } from './yaml-style.ts'

/** A Deployment that passes Pod Security *restricted*, where the profile does. */
export function kubernetesManifest(profile: Profile): Rendered {
  const name = serviceName(profile)
  const data = profile.volumes.map(({ path }) => ({ name: slug(path), mountPath: path }))
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
  const { spec, notes } = hardenPod(bare, longRunning(bare), profile)
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
  return { text: blockText(manifest, 0, { indent: 2, indentSeq: true }), notes: [...notes, ...lost] }
}
