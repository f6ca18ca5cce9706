import type { Overlay, Own } from './overridden.ts'
import type { Chosen } from './pod-spec.ts'
import type { Profile } from './profile.ts'
import type { Member } from './workloads.ts'
import { asList, asObject, type Json, textOf } from './yaml-file.ts'

/** What some containers of a pod have over their image. `members`: all objects of the files, ConfigMaps among them. */
export function podOwn(pod: Json, chosen: readonly Chosen[], members: readonly Member[], profile: Profile): Own {
  const containers = chosen.map(({ list, index }) => asObject(asList(pod[list])[index]))
  return {
    overlays: containers.flatMap((one) =>
      asList(one.volumeMounts).flatMap((mount) => overlay(asObject(mount), pod, members, profile)),
    ),
    env: new Map(
      containers.flatMap(({ env }) =>
        asList(env).map((item): [string, string] => {
          const { name, value } = asObject(item)
          return [textOf(name), textOf(value ?? '')]
        }),
      ),
    ),
    entrypoint: words(containers.map(({ command }) => command)),
    command: words(containers.map(({ args }) => args)),
    workdir: containers.map(({ workingDir }) => workingDir).find((folder) => typeof folder === 'string') ?? null,
  }
}

/** Of the first container that has some. */
function words(commands: readonly unknown[]): readonly string[] | null {
  const found = commands.find(Array.isArray)
  return found === undefined ? null : found.map(String)
}

function overlay(mount: Json, pod: Json, members: readonly Member[], { writable }: Profile): readonly Overlay[] {
  const target = textOf(mount.mountPath).replace(/(.)\/$/, '$1')
  const volume = asObject(asList(pod.volumes).find((one) => asObject(one).name === mount.name))
  // What the image has there is copied in first.
  if (volume.emptyDir !== undefined && writable.some(({ path, filled }) => filled && path === target)) return []
  const { name } = asObject(volume.configMap)
  const found = members.find(({ value }) => value.kind === 'ConfigMap' && asObject(value.metadata).name === name)
  const texts = found === undefined ? null : Object.values(asObject(found.value.data)).map(String)
  return [
    { target, name: name === undefined ? `the volume ${mount.name}` : `the ConfigMap ${name}`, texts: () => texts },
  ]
}
