import type { Transform } from '../src/transform.ts'
import { fileFindings } from './edits/file-edits.ts'

export const adjustConfig: Transform = {
  name: 'adjust-config',
  summary: 'Change configuration lines of the image that a non-root process cannot follow.',
  needs: ['prefer-vendor', 'build-as-root', 'set-user'],
  run: (dockerfile, context) => fileFindings(dockerfile, context, 'config'),
}
