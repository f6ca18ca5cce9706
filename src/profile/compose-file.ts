import { composeValue } from '../borders/mount.ts'
import { hardenService } from './compose-service.ts'
import { type Profile, serviceName, volumeName } from './profile.ts'
import type { Json } from './yaml-file.ts'
import { blockText } from './yaml-style.ts'

/** A whole Compose file with one service. `build`: the folder it is built from; null for an image that is there. */
export function composeFile(profile: Profile, build: string | Json | null): string {
  const named = profile.volumes.map(({ path, prepared }) => ({
    path,
    prepared,
    name: volumeName(serviceName(profile), path),
  }))
  const ports = profile.ports.map(({ to, protocol }) => `${to}:${to}${protocol === 'tcp' ? '' : `/${protocol}`}`)
  const { service, volumes } = hardenService(
    {
      image: profile.image.name,
      ...(build === null ? {} : { build }),
      ...(ports.length > 0 ? { ports } : {}),
      ...(named.length > 0 ? { volumes: named.map(mountOf) } : {}),
    },
    { ...profile, ports: profile.ports.map((port) => ({ ...port, from: port.to })) },
    { name: serviceName(profile) },
  )
  const declared = [...named.map(({ name }) => name), ...volumes]
  const file = {
    services: { [serviceName(profile)]: service },
    ...(declared.length > 0 ? { volumes: Object.fromEntries(declared.map((name) => [name, {}])) } : {}),
  }
  return blockText(file, 0, { indent: 2, indentSeq: true })
}

/** An empty volume takes the owner of the image's folder at each start, unless it is told not to. */
function mountOf({
  path,
  name,
  prepared,
}: {
  readonly path: string
  readonly name: string
  readonly prepared: boolean
}): unknown {
  const target = composeValue(path)
  return prepared ? `${name}:${target}` : { type: 'volume', source: name, target, volume: { nocopy: true } }
}
