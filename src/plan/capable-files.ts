import type { ImageFacts } from '../image/facts.ts'
import { refusedPrograms } from './evidence/refused-programs.ts'
import type { CapableFile } from './needless-capabilities.ts'
import type { Grantee } from './replay/grantee.ts'
import type { StageInput } from './stage-input.ts'

/** All that is known to have capabilities of its own: by the catalogue, the Dockerfile, and what a run was refused. */
export function capableFiles(
  { vendor, stated, observation }: StageInput,
  { files }: ImageFacts,
  grantee: Grantee,
): readonly CapableFile[] {
  const refused =
    files.known && observation !== null ? refusedPrograms(observation.operations, files.value, grantee) : []
  const said = [...(vendor.capable ?? []), ...(stated?.capable ?? [])]
  return [...said.filter(({ name }) => refused.every((file) => file.name !== name)), ...refused]
}
