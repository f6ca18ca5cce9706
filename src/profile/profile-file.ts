import { visibleLine } from '../borders/terminal.ts'
import { composeFile } from './compose-file.ts'
import { dockerRun } from './docker.ts'
import { derivedName, type Profile } from './profile.ts'

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
