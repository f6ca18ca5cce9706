import type { RunSpec } from '../../engine/engine.ts'
import { FIRST_UNPRIVILEGED_PORT } from '../../evidence/claim.ts'
import { ARBITRARY_UID, ROOT_GROUP } from '../../plan/account/arbitrary-uid.ts'

const MEMORY = 2 * 1024 ** 3
const PIDS = 512

/** Ports below 1024 are refused as they are where no runtime lifts the limit (FACTS 18). */
export function lockedSpec(image: string): RunSpec {
  return limits({
    image,
    capDrop: ['ALL'],
    noNewPrivileges: true,
    sysctls: { 'net.ipv4.ip_unprivileged_port_start': String(FIRST_UNPRIVILEGED_PORT) },
  })
}

/** The same with a uid that no image knows; HOME and accounts are what the image itself says. */
export function arbitrarySpec(image: string): RunSpec {
  return { ...lockedSpec(image), user: `${ARBITRARY_UID}:${ROOT_GROUP}` }
}

/** So that no image under test can take the machine down. */
export function limits(spec: RunSpec): RunSpec {
  return { ...spec, memoryBytes: MEMORY, pidsLimit: PIDS }
}
