/**
 * What a run of the result answers, and no text: a closed list of kinds, each with what a report calls it, of which it says how many
 * there are. They hold nothing up.
 */
export const QUESTIONS = {
  'base-image': 'base images not inspected',
  'start-script': 'start scripts not read as a whole',
  'program-from-elsewhere': 'programs that come from elsewhere',
  sources: 'sources not read',
  writes: 'writes whose path only a run tells',
  'root-work': 'work that may need root',
  'host-folder': 'folders of the host that keep their owner',
  service: 'services that were not asked',
} as const satisfies Readonly<Record<string, string>>

export type QuestionKind = keyof typeof QUESTIONS

/** In the order in which they are said. */
export const questionKinds = Object.keys(QUESTIONS) as readonly QuestionKind[]
