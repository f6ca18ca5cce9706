import type { Transform } from '../src/transform.ts'
import { fileFindings } from './edits/file-edits.ts'

export const skipStepDown: Transform = {
  name: 'skip-step-down',
  summary: 'Take the switch of user out of entrypoint scripts, since the container already starts as that user.',
  needs: ['prefer-vendor', 'build-as-root', 'set-user'],
  run: (dockerfile, context) => fileFindings(dockerfile, context, 'step-down'),
}
