import { allVisible } from '../borders/terminal.ts'
import type { Format } from './format.ts'
import { levelOf, locatedAnnotations, locatedFailures, messageOf, wholeMessage } from './located.ts'

/** A Code Quality report of GitLab. Source: GitLab, *Code Quality*, *report format*. */
export const gitlab: Format = {
  name: 'gitlab',
  tells: 'data',
  render(renderings, options) {
    const shown = renderings.map((rendering) => allVisible(rendering))
    const failures = locatedFailures(shown).map(({ result, error, location, fingerprint }) => ({
      description: [error.message, error.hint ?? ''].filter(Boolean).join(': '),
      check_name: 'failed',
      fingerprint,
      severity: 'blocker',
      location: { path: location?.path ?? result.target, lines: { begin: location?.region?.startLine ?? 1 } },
    }))
    const findings = locatedAnnotations(shown, options).map((located) => ({
      description: messageOf(located, options),
      check_name: located.finding.transform,
      content: { body: wholeMessage(located, options) },
      categories: ['Security'],
      fingerprint: located.fingerprint,
      severity: SEVERITIES[levelOf(located, options)],
      location: {
        path: located.path,
        lines: { begin: located.region.startLine, end: located.region.endLine },
      },
    }))
    return `${JSON.stringify([...failures, ...findings], null, 2)}\n`
  },
}

const SEVERITIES = { error: 'critical', warning: 'major', note: 'info' } as const
