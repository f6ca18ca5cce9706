import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'

const repository = join(import.meta.dirname, '..', '..')

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>
  readonly outputs: Readonly<Record<string, { readonly value: string }>>
  readonly runs: {
    readonly using: string
    readonly steps: readonly {
      readonly id?: string
      readonly uses?: string
      readonly shell?: string
      readonly run?: string
      readonly env?: Readonly<Record<string, string>>
    }[]
  }
}

export const action: Action = parse(readFileSync(join(repository, 'action.yml'), 'utf8'))

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
  read(name: string): string
  exists(name: string): boolean
}

/**
 * The steps of action.yml as a runner runs those of a composite action: expressions of `env` filled in, each `run` in a file of its
 * own by `bash --noprofile --norc -eo pipefail FILE`, results taken from the file of GITHUB_OUTPUT. Steps that use other actions are
 * left out: this machine has a Node already. https://docs.github.com/actions/sharing-automations/creating-actions/metadata-syntax-for-github-actions
 */
export async function runAction(cwd: string, given: Readonly<Record<string, string>>): Promise<Ran> {
  const scratch = mkdtempSync(join(tmpdir(), 'harden-image-test-'))
  const file = (name: string): string => {
    const path = join(scratch, name)
    writeFileSync(path, '')
    return path
  }
  const [output, summary] = [file('output'), file('summary')]
  const inputs = {
    ...Object.fromEntries(Object.entries(action.inputs).map(([name, one]) => [name, one.default ?? ''])),
    ...given,
  }
  const steps: Record<string, string> = {}
  const evaluated = (text: string): string =>
    text.replace(/\$\{\{ *(\w+)\.([\w.-]+) *\}\}/g, (whole, context: string, name: string) => {
      const value = context === 'inputs' ? inputs[name] : context === 'steps' ? (steps[name] ?? '') : undefined
      if (value === undefined) throw new Error(`nothing fills in ${whole}`)
      return value
    })
  let code = 0
  const told = { stdout: '', stderr: '' }
  for (const [index, step] of action.runs.steps.entries()) {
    if (step.run === undefined || code !== 0) continue
    if (step.shell !== 'bash') throw new Error('a step of a composite action names its shell')
    const script = join(scratch, `step-${index}.sh`)
    writeFileSync(script, evaluated(step.run))
    const env = Object.fromEntries(Object.entries(step.env ?? {}).map(([name, value]) => [name, evaluated(value)]))
    const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      cwd,
      env: {
        ...process.env,
        CI: 'true',
        GITHUB_ACTIONS: 'true',
        GITHUB_ACTION_PATH: repository,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        GITHUB_WORKSPACE: cwd,
        RUNNER_TEMP: scratch,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        told[stream] += text
      })
    code = await new Promise<number>((done, failed) => {
      child.on('error', failed)
      child.on('close', (ended) => done(ended ?? 1))
    })
    for (const line of readFileSync(output, 'utf8').split('\n').filter(Boolean)) {
      const at = line.indexOf('=')
      steps[`${step.id}.outputs.${line.slice(0, at)}`] = line.slice(at + 1)
    }
    writeFileSync(output, '')
  }
  const outputs = Object.entries(action.outputs).map(([name, { value }]) => [name, evaluated(value)] as const)
  return {
    code,
    ...told,
    outputs: Object.fromEntries(outputs.filter(([, value]) => value !== '')),
    summary: readFileSync(summary, 'utf8'),
    read: (name) => readFileSync(join(cwd, name), 'utf8'),
    exists: (name) => existsSync(join(cwd, name)),
  }
}
