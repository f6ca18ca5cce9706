import { fileFindings } from '../src/dockerfile/file-findings.ts'
import type { Transform } from '../src/transform.ts'

export const skipStepDown: Transform = {
  name: 'skip-step-down',
  summary: 'Take the switch of user out of entrypoint scripts, since the container already starts as that user.',
  run: (dockerfile, context) => fileFindings(dockerfile, context, 'step-down'),
}
