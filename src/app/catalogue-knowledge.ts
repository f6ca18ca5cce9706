import { daemonPorts, packages, programs, workingFolder } from '../../catalogue/index.ts'
import { lookUp } from '../image/sources/catalogue.ts'
import type { Knowledge } from './stage-inputs.ts'

/** What the built-in catalogue knows of any stage. */
export const catalogueKnowledge = {
  programs,
  packages,
  daemonPorts,
  workingFolder,
  entries: lookUp,
} satisfies Partial<Knowledge>
