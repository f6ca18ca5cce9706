import { grammarLoader } from '../../app/grammars.ts'
import { grammarsFor } from '../../evidence/languages/index.ts'
import { answerOf, type FromWorker, sourcesIn, type ToWorker } from '../answer.ts'

const parts = new Map<string, Uint8Array>()

const loadGrammars = grammarLoader(async (name) => {
  const wasm = parts.get(name)
  if (wasm === undefined) throw new Error(`${name} is not there`)
  return wasm
})

addEventListener('message', async ({ data }: MessageEvent<ToWorker>) => {
  if ('part' in data) {
    parts.set(data.part, data.wasm)
    return
  }
  const { id, input } = data
  const sources = sourcesIn(input)
  const wanted = [...grammarsFor(sources)].map((grammar) => `tree-sitter-${grammar}`)
  const missing = [...(wanted.length === 0 ? [] : ['web-tree-sitter']), ...wanted].filter((part) => !parts.has(part))
  // Without parsers the answer says itself that sources were not read.
  const parsers = missing.length > 0 ? undefined : await loadGrammars(sources).catch(() => undefined)
  postMessage({ id, answer: answerOf(input, parsers), missing } satisfies FromWorker)
})
