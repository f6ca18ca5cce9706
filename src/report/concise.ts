import { visibleLine } from '../borders/terminal.ts'
import type { Format } from './format.ts'
import { locatedAnnotations, locatedFailures, messageOf } from './located.ts'

/** One line a finding, `path:line:col: rule message`, for editors and for grep. */
export const concise: Format = {
  name: 'concise',
  tells: 'changes',
  render(renderings, options) {
    const failures = locatedFailures(renderings).map(({ result, error, location }) => {
      const { startLine, startColumn } = location?.region ?? { startLine: error.line ?? 1, startColumn: 1 }
      return `${location?.path ?? result.target}:${startLine}:${startColumn}: failed ${error.message}`
    })
    const findings = locatedAnnotations(renderings, options)
      .filter((one) => one.finding.outcome !== 'note')
      .map((one) => {
        const { startLine, startColumn } = one.region
        return `${one.path}:${startLine}:${startColumn}: ${one.finding.transform} ${messageOf(one, options)}`
      })
    return [...failures, ...findings].map((line) => `${visibleLine(line)}\n`).join('')
  },
}
