/**
 * What scanners say of the user of a Dockerfile, restated from their documentation. Each takes the parsed file and gives
 * the stages (or the file, as -1) that it would report.
 */
import { ancestors, type Dockerfile, finalStage, type Instruction, type Stage } from '../../src/dockerfile/index.ts'

export type Oracle = (dockerfile: Dockerfile) => readonly number[]

const FILE = -1

function usersOf(stage: Stage): readonly Instruction[] {
  return stage.instructions.filter(({ keyword }) => keyword === 'USER')
}

/** The USER in force at the end of a stage, through the stages of the file it is built from. */
function lastUser(dockerfile: Dockerfile, stage: Stage): string | null {
  for (const one of [stage, ...ancestors(dockerfile, stage)]) {
    const user = usersOf(one).at(-1)
    if (user !== undefined) return user.text
  }
  return null
}

function uidPart(user: string): string {
  return user.split(':')[0]?.trim() ?? ''
}

function isRootByName(user: string | null): boolean {
  return user !== null && /^(root|0)$/.test(uidPart(user))
}

/** "Last USER should not be root": in every stage, inherited users too. Source: hadolint wiki, DL3002. */
export const hadolintLastUser: Oracle = (dockerfile) =>
  dockerfile.stages.filter((stage) => isRootByName(lastUser(dockerfile, stage))).map(({ index }) => index)

/** "Non-numeric user-id may not be resolvable by host system": any USER line. Source: hadolint wiki, DL3066. */
export const hadolintNumericUser: Oracle = (dockerfile) =>
  dockerfile.stages
    .filter((stage) => usersOf(stage).some(({ text }) => !/^\d+$/.test(uidPart(text))))
    .map(({ index }) => index)

/** No USER at all, or the last one of the last stage is root. Source: avd.aquasec.com, DS-0002. */
export const trivyRootUser: Oracle = (dockerfile) => {
  if (dockerfile.stages.every((stage) => usersOf(stage).length === 0)) return [FILE]
  const final = finalStage(dockerfile)
  return isRootByName(usersOf(final).at(-1)?.text ?? null) ? [final.index] : []
}

/** "Ensure that a user for the container has been created": there is a USER. Source: checkov policy index, CKV_DOCKER_3. */
export const checkovUserExists: Oracle = (dockerfile) =>
  dockerfile.stages.some((stage) => usersOf(stage).length > 0) ? [] : [FILE]

/** "Ensure the last USER is not root": of the file. Source: checkov policy index, CKV_DOCKER_8. */
export const checkovLastUser: Oracle = (dockerfile) =>
  isRootByName(dockerfile.stages.flatMap(usersOf).at(-1)?.text ?? null) ? [FILE] : []

/** "Always set a user in the runtime stage"; scratch is left out. Source: docs.kics.io, fd54f200-402c-4333-a5a4-36ef6709af2f. */
export const kicsMissingUser: Oracle = (dockerfile) => {
  const final = finalStage(dockerfile)
  if (final.base.kind === 'scratch') return []
  return lastUser(dockerfile, final) === null ? [final.index] : []
}

/** "Last User Is 'root'" of the last stage. Source: docs.kics.io, 67fd0c4a-68cf-46d7-8c41-bc9fba7e40ae. */
export const kicsLastUser: Oracle = (dockerfile) => {
  const final = finalStage(dockerfile)
  return isRootByName(usersOf(final).at(-1)?.text ?? null) ? [final.index] : []
}

/** The user of the built image's config is empty or root. Source: dockle's checkpoint CIS-DI-0001. */
export function dockleRootUser(configUser: string): boolean {
  return configUser === '' || isRootByName(configUser)
}
