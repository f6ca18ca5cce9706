/** On everything that a session makes, so that all of it can be found and removed. */
const sessionLabelName = 'harden-image.session'

export function sessionLabel(session: string): string {
  return `${sessionLabelName}=${session}`
}
