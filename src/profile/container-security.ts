import type { Profile } from './profile.ts'
import { asList, asObject, type Json, textOf } from './yaml-file.ts'

interface Refused {
  readonly key: string
  readonly instead: unknown
  readonly why: string
  is(before: Json): boolean
}

/** What undoes the rest. Its line stays, and with it what a comment there says. Source: Pod Security Standards, *baseline*. */
const REFUSED: readonly Refused[] = [
  {
    key: 'privileged',
    instead: false,
    why: 'it would undo everything else',
    is: ({ privileged }) => privileged === true,
  },
  {
    key: 'procMount',
    instead: 'Default',
    why: 'restricted refuses it',
    is: ({ procMount }) => procMount !== undefined && procMount !== 'Default',
  },
  {
    key: 'appArmorProfile',
    instead: { type: 'RuntimeDefault' },
    why: 'restricted refuses it',
    is: ({ appArmorProfile }) => asObject(appArmorProfile).type === 'Unconfined',
  },
]

/** The securityContext of one container. Source: Kubernetes, Pod Security Standards, *restricted*. */
export function securityOf(before: Json, profile: Profile, notes: string[]): Json {
  const { user, anyUid, capabilities, noNewPrivileges, readOnly } = profile
  if (user !== null && !anyUid && typeof before.runAsUser === 'number' && before.runAsUser !== user.value.uid)
    notes.push(`runAsUser ${before.runAsUser} becomes ${user.value.uid}: that is who the image's files are for`)
  const refused = capabilities === null ? [] : REFUSED.filter(({ is }) => is(before))
  for (const { key, instead, why } of refused)
    notes.push(`${key}: ${textOf(before[key])} becomes ${textOf(instead)}: ${why}`)
  return {
    ...before,
    ...Object.fromEntries(refused.map(({ key, instead }) => [key, instead])),
    ...(user === null ? {} : { runAsNonRoot: true }),
    // A platform that assigns uids refuses to be told one (OpenShift, SCC restricted-v2).
    ...(user === null || anyUid ? {} : { runAsUser: user.value.uid, runAsGroup: user.value.gid }),
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
