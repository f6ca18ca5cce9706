import { bounds } from '../../bounds.ts'
import type { Answer, FromWorker, ToWorker } from '../answer.ts'
import type { PlaygroundInput } from '../input.ts'

/** What the page is told of the work on its texts. */
export interface AskerHooks {
  readonly answered: (answer: Answer) => void
  /** Something to say of the work itself; '' for nothing. */
  readonly told: (message: string) => void
}

/** A page of the file system may load scripts and nothing else, so each part of a parser comes as one that calls this with base64. */
declare global {
  var hardenImagePart: ((part: string, base64: string) => void) | undefined
}

// The only addresses that a script or a worker of this page may have, where the browser enforces it.
const policy = (
  globalThis as {
    trustedTypes?: { createPolicy: (name: string, rules: object) => { createScriptURL(url: string): string } }
  }
).trustedTypes?.createPolicy('playground', {
  createScriptURL(url: string) {
    if (/^(?:blob:|grammars\/[a-z-]+\.js$)/.test(url)) return url
    throw new TypeError(`not a script of this page: ${url}`)
  },
})

function scriptUrl(url: string): string {
  return policy?.createScriptURL(url) ?? url
}

/** Asks a worker, one text at a time and always the newest; one that takes too long is ended, and the next text gets a new one. */
export function asker(source: string, { answered, told }: AskerHooks): (input: PlaygroundInput) => void {
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  const parts = new Map<string, Promise<Uint8Array>>()
  let worker: Worker | null = null
  let timer = 0
  let id = 0
  let isBusy = false
  let current: PlaygroundInput | null = null
  let waiting: PlaygroundInput | null = null

  const post = (message: ToWorker): void => worker?.postMessage(message)
  const stop = (why: string): void => {
    worker?.terminate()
    worker = null
    isBusy = false
    told(why)
    if (waiting !== null) ask(waiting)
  }
  const startWorker = async (): Promise<void> => {
    const made = new Worker(scriptUrl(url))
    worker = made
    made.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => received(data))
    made.addEventListener('error', () => {
      if (worker === made) stop('the work on this text broke off; it starts again with your next change')
    })
    for (const [part, bytes] of parts) {
      const wasm = await bytes.catch(() => null)
      if (wasm !== null) post({ part, wasm })
    }
  }
  const send = async (input: PlaygroundInput): Promise<void> => {
    if (worker === null) await startWorker()
    id += 1
    current = input
    clearTimeout(timer)
    timer = setTimeout(
      () =>
        stop(
          `no answer after ${bounds.playgroundMs / 1000} seconds, so the work was stopped; it starts again with your next change`,
        ),
      bounds.playgroundMs,
    )
    post({ id, input })
  }
  const received = (data: FromWorker): void => {
    if (data.id !== id) return
    clearTimeout(timer)
    isBusy = false
    answered(data.answer)
    told('')
    if (waiting !== null) ask(waiting)
    else if (data.missing.length > 0) void readSources(data.missing)
  }
  /** The answer without them is on the page by now. */
  const readSources = async (missing: readonly string[]): Promise<void> => {
    told('loading what the sources are read with …')
    const number = id
    try {
      for (const part of missing) {
        const bytes = parts.get(part) ?? loadPart(part)
        parts.set(part, bytes)
        post({ part, wasm: await bytes })
      }
      if (number === id && current !== null) ask(current)
    } catch {
      parts.clear()
      told('the sources were not read: the folder grammars is not beside this page')
    }
  }
  const ask = (input: PlaygroundInput): void => {
    waiting = isBusy ? input : null
    if (isBusy) return
    isBusy = true
    void send(input)
  }
  // It compiles what it runs while the page builds its editor.
  void startWorker()
  return ask
}

const partsAsked = new Map<string, (base64: string) => void>()
globalThis.hardenImagePart = (part, base64) => partsAsked.get(part)?.(base64)

async function loadPart(part: string): Promise<Uint8Array> {
  const base64 = await new Promise<string>((done, failed) => {
    partsAsked.set(part, done)
    const script = document.createElement('script')
    script.addEventListener('error', () => failed(new Error(part)))
    script.src = scriptUrl(`grammars/${part}.js`)
    document.head.append(script)
  })
  const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  return new Uint8Array(await new Response(inflated).arrayBuffer())
}
