import type { Rendered } from './compose.ts'
import { hardenPod, longRunning } from './pod-spec.ts'
import { type Profile, serviceName, slug } from './profile.ts'
import { blockText } from './yaml-style.ts'

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
  const { spec, notes } = hardenPod(bare, longRunning(bare), { ...profile, writable: [...profile.writable, ...copied] })
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
