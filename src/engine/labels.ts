import { thisRun, tokenOf } from '../made-by.ts'

// An image hands its labels down to all that is built upon it and to its containers. So what says that a thing was made
// by a run has one name on images and another on all else: a user's container of a left image carries the first alone.
export const runLabelName = 'harden-image.run'
export const imageLabelName = 'harden-image.image'
/** On everything that a session makes, so that it finds and removes all of it at its end. */
export const sessionLabelName = 'harden-image.session'

type Labels = Readonly<Record<string, string>>

/** On containers, volumes and networks: the session, and the run that a later one can tell to be over. */
export function sessionLabels(session: string): Labels {
  return { [sessionLabelName]: session, [runLabelName]: tokenOf(thisRun()) }
}

/** The same on images. */
export function imageLabels(session: string): Labels {
  return { [sessionLabelName]: session, [imageLabelName]: tokenOf(thisRun()) }
}

/** As the CLI takes them. */
export function labelFlags(labels: Labels): readonly string[] {
  return Object.entries(labels).map(([name, value]) => `--label=${name}=${value}`)
}

/** What a filter asks for to find all of a session. */
export function sessionLabel(session: string): string {
  return `${sessionLabelName}=${session}`
}
