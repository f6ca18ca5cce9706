// Whole Compose projects, as people write them.
import { readdirSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { ensureImage } from './support/images.ts'
import { retryOnce } from './support/retry.ts'
import { STACKS, stackCase, withStack } from './support/stack.ts'

retryOnce()

const names = readdirSync(STACKS)

describe('the original does its work and keeps it', () => {
  test.each(names)('%s', async (name) => {
    const { images = [], broken = [] } = await stackCase(name)
    for (const image of images) await ensureImage(image)
    await withStack(name, async (stack) => {
      await stack.up()
      await stack.write('one')
      await stack.read(['one'])
      await stack.down()
      await stack.up()
      await stack.write('two')
      await stack.read(['one', 'two'])
      const running = [...(await stack.containers()).keys()]
      for (const service of broken) expect(running).not.toContain(service)
    })
  })
})
