// What --emit bake prints is built as it is, by the buildx of the engine's machine.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { tree } from '../repository/tree.ts'

const cli = join(import.meta.dirname, '..', '..', 'dist', 'cli.js')
const run = promisify(execFile)

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the Dockerfile
const withVariable = 'FROM debian:trixie-slim\nARG WHO=a\nCOPY file /\nENV NAME="${WHO}-x"\nCMD ["sleep", "9"]\n'

test('docker buildx bake builds all that --emit bake prints, and none of it runs as root', async () => {
  const top = tree({
    'bake-one/Dockerfile': withVariable,
    'bake-one/file': 'x\n',
    'bake-two/Dockerfile': 'FROM debian:trixie-slim\nCMD ["sleep", "9"]\n',
  })
  const { stdout } = await run(
    process.execPath,
    [cli, '--offline', '--engine=none', '--emit', 'bake', '--build-arg', 'WHO=b', '.'],
    { cwd: top },
  )
  await writeFile(join(top, 'docker-bake.json'), stdout)
  try {
    await run('docker', ['buildx', 'bake', '-f', 'docker-bake.json', '--load'], { cwd: top })
    const { stdout: images } = await run('docker', ['image', 'inspect', 'bake-one:nonroot', 'bake-two:nonroot'])
    const configs = JSON.parse(images).map(({ Config }: { Config: { User: string; Env: string[] } }) => Config)
    expect(configs.map(({ User }: { User: string }) => User)).toEqual(['10001:10001', '10001:10001'])
    expect(configs[0].Env).toContain('NAME=b-x')
  } finally {
    await run('docker', ['rmi', '-f', 'bake-one:nonroot', 'bake-two:nonroot'])
  }
})
