import type { Profile } from './profile.ts'
import { asList, asObject, type Json } from './yaml-file.ts'

/** The securityContext of one container. Source: Kubernetes, Pod Security Standards, *restricted*. */
export function securityOf(before: Json, profile: Profile, notes: string[]): Json {
  const { user, capabilities, noNewPrivileges, readOnly } = profile
  const { privileged, ...kept } = before
  if (privileged === true && capabilities !== null)
    notes.push('privileged: true is taken out: it undoes everything else')
  return {
    ...(capabilities === null && privileged !== undefined ? before : kept),
    ...(user === null ? {} : { runAsNonRoot: true, runAsUser: user.value.uid, runAsGroup: user.value.gid }),
    ...(noNewPrivileges.value && capabilities !== null ? { allowPrivilegeEscalation: false } : {}),
    ...(capabilities === null
      ? {}
      : { capabilities: capabilitiesOf(asObject(before.capabilities), capabilities.value, notes) }),
    ...(readOnly.value ? { readOnlyRootFilesystem: true } : {}),
    ...(asObject(before.seccompProfile).type === 'Localhost' ? {} : { seccompProfile: { type: 'RuntimeDefault' } }),
  }
}

/** All are dropped; what was added stays only where the profile asks for it, or restricted allows it. */
function capabilitiesOf(before: Json, wanted: readonly string[], notes: string[]): Json {
  const old = asList(before.add).map(String)
  const kept = old.filter((name) => wanted.includes(name) || (name === 'NET_BIND_SERVICE' && wanted.length === 0))
  const gone = old.filter((name) => !kept.includes(name))
  if (gone.length > 0)
    notes.push(
      `capabilities.add loses ${gone.join(', ')}: a user other than root gets nothing from them, and restricted refuses them`,
    )
  const add = [...kept, ...wanted.filter((name) => !kept.includes(name))]
  const drop = asList(before.drop).map(String)
  return { ...(add.length > 0 ? { add } : {}), drop: drop.includes('ALL') ? drop : [...drop, 'ALL'] }
}
