import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { bounds } from '../bounds.ts'
import { withTemporaryFolder } from '../temporary.ts'
import type { Cli } from './cli-process.ts'
import { failureOf } from './failure.ts'
import { nameArgument } from './safe-arguments.ts'

/**
 * stdout and stderr of a container, their end. Both go to one file, so that they keep the order in which the
 * engine printed them; two pipes would not.
 */
export async function logs(cli: Cli, container: string): Promise<string> {
  return withTemporaryFolder('logs', async (folder) => {
    const file = await open(join(folder, 'log'), 'w+')
    try {
      const { exitCode } = await cli.run(['logs', nameArgument(container)], { output: file.fd })
      const { size } = await file.stat()
      const start = Math.max(0, size - bounds.logBytes)
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - start), position: start })
      const text = buffer.toString('utf8', 0, bytesRead)
      if (exitCode !== 0) throw failureOf(cli.name, `read the logs of ${container}`, text)
      return text
    } finally {
      await file.close()
    }
  })
}
