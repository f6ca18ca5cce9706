/** On everything that a session makes, so that all of it can be found and removed. */
const sessionLabelName = 'harden-image.session'

export function sessionLabels(session: string): Readonly<Record<string, string>> {
  return { [sessionLabelName]: session }
}

/** The same as a flag or a filter has it. */
export function sessionLabel(session: string): string {
  return `${sessionLabelName}=${session}`
}
