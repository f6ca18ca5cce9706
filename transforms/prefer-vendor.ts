import { decided } from '../src/plan/plan.ts'
import type { Transform } from '../src/transform.ts'

export const preferVendor: Transform = {
  name: 'prefer-vendor',
  summary: 'With --prefer-vendor, build from the image that the vendor itself ships without root.',
  *run(_dockerfile, { stage, plan }) {
    const word = stage.from.words[0]
    for (const { image, evidence } of word === undefined ? [] : decided(plan, 'switch-base'))
      yield {
        outcome: 'fixed',
        line: stage.from.line,
        column: stage.from.column,
        message: `built from ${image}, which runs as ${plan.account?.uid}:${plan.account?.gid}, instead of ${word?.text}`,
        evidence,
        edits: word === undefined ? [] : [{ ...word.span, text: image }],
      }
  },
}
