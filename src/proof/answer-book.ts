import type { PortAnswer } from './run-record.ts'

export interface AnswerBook {
  add(answers: readonly PortAnswer[]): void
  /** One answer a port: the last one, or `unsteady` where it did not always give the same. */
  all(): readonly PortAnswer[]
}

/** Collects what ports answered over all looks. A port that opened late counts from then on. */
export function answerBook(): AnswerBook {
  const byPort = new Map<string, PortAnswer[]>()
  return {
    add(answers) {
      for (const answer of answers) {
        const key = `${answer.protocol} ${answer.port}`
        byPort.set(key, [...(byPort.get(key) ?? []), answer])
      }
    },
    all: () => [...byPort.values()].map(oneOf),
  }
}

function oneOf(answers: readonly PortAnswer[]): PortAnswer {
  const opened = answers.slice(answers.findIndex((answer) => answer.kind !== 'closed'))
  const last = answers.at(-1)
  if (last === undefined) throw new Error('a port in the book has an answer')
  const kinds = [...new Set(opened.map((answer) => `${answer.kind} ${answer.detail}`.trim()))]
  return kinds.length <= 1 ? last : { ...last, kind: 'unsteady', detail: kinds.join(', then ') }
}
