import { composeValue } from '../../borders/mount.ts'
import { visibleLine } from '../../borders/terminal.ts'
import { dockerRun } from '../docker.ts'
import { derivedName, type Profile, serviceName, volumeName } from '../profile.ts'
import type { Json } from '../yaml/file.ts'
import { blockText } from '../yaml/style.ts'
import { hardenService } from './harden-service.ts'

/** The profile that lies beside a derived Dockerfile: a Compose file that builds it, and on top how to do without Compose. */
export function profileFile(profile: Profile): string {
  const { image } = profile
  // What is built is never called like what it is built from.
  const own = image.derived
    ? profile
    : {
        ...profile,
        image: { ...image, name: derivedName(image.original ?? image.name, profile.root ? 'locked' : 'nonroot') },
      }
  const lines = [
    `# harden-image: how to run the Dockerfile beside this file, locked down: docker compose up --build`,
    `# Without Compose: docker build -t ${own.image.name} . && \\`,
    `#   ${dockerRun({ ...own, given: own.given.map(nameOf) }, 'docker').trim()}`,
    ...[...profile.running.map(({ text }) => text), ...profile.notes].map((note) => `# - ${note}`),
  ]
  // A line break in one of them would end the comment.
  return `${lines.map(visibleLine).join('\n')}\n${composeFile(own, '.')}`
}

/** With its name alone the engine takes a variable from the shell. */
function nameOf(given: string): string {
  return given.replace(/=.*$/s, '')
}

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
