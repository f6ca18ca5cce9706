import type { EngineName } from '../engine/kinds.ts'
import type { Rendered } from './compose/edit-files.ts'
import { renewNotes } from './compose/harden-service.ts'
import { composeFile, dockerRun } from './docker.ts'
import { kubernetesManifest } from './kubernetes/new-files.ts'
import type { Profile, ProfilePlatform } from './profile.ts'
import type { Json } from './yaml/file.ts'

/** A profile by itself: a command for `docker` (of `engine`), else a new file. `build`: as Compose takes it; an image is not built. */
export function renderProfile(
  profile: Profile,
  platform: ProfilePlatform,
  { build, engine = 'docker' }: { readonly build: string | Json; readonly engine?: EngineName },
): Rendered {
  if (platform === 'kubernetes') return kubernetesManifest(profile)
  if (platform === 'docker') return { text: dockerRun(profile, engine), notes: [] }
  const text = composeFile(profile, profile.kind === 'image' ? null : build)
  return { text, notes: renewNotes(profile.writable) }
}
