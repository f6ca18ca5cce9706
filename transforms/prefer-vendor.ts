import type { Transform } from '../src/transform.ts'

export const preferVendor: Transform = {
  name: 'prefer-vendor',
  summary: 'With --prefer-vendor, build from the image that the vendor itself ships without root.',
  *run(dockerfile, { plan }) {
    for (const { outcome, stage: index, vendorImage, account } of plan.stages) {
      const stage = dockerfile.stages[index]
      const image = stage?.from.words[0]
      if (outcome !== 'vendor' || stage === undefined || image === undefined || vendorImage === undefined) continue
      const from = stage.from
      yield {
        outcome: 'fixed',
        line: from.line,
        column: from.column,
        message: `built from ${vendorImage}, which runs as ${account?.uid}:${account?.gid}, instead of ${image.text}`,
        evidence: account?.evidence ?? [],
        edits: [{ ...image.span, text: vendorImage }],
      }
    }
  },
}
