import type { Io } from './io.ts'
import { main } from './main.ts'

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  // Only touched on demand: it would keep the process waiting.
  get stdin() {
    return process.stdin
  },
  env: process.env,
  cwd: process.cwd(),
  signals: {
    on: (name, handle) => process.on(name, handle),
    off: (name, handle) => process.off(name, handle),
    raise: (name) => process.kill(process.pid, name),
  },
}

void main(process.argv.slice(2), io, async () => {
  const [{ targetProcessor }, { transforms }] = await Promise.all([
    import('../app/pipeline.ts'),
    import('../../transforms/index.ts'),
  ])
  return { processTarget: targetProcessor(), transforms }
}).then((code) => {
  // A failed write has set an exit code already.
  process.exitCode = Math.max(code, Number(process.exitCode ?? 0))
  // After a signal something may still be running that nobody waits for.
  if (code > 2) process.exit()
})
