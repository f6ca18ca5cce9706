import { bounds } from '../bounds.ts'
import { HardenError } from '../errors.ts'
import type { EngineName } from './engine.ts'
import { baseImageFailure, decisiveLine, failureOf } from './failure.ts'

const keptOutputLines = 12
const keptOutput = 64 * 1024

/**
 * The error for a failed build: the step, how it ended and the last lines it printed; `line` is that of the Dockerfile.
 * The end of the whole output is the error's cause. `context`: as people call it; null for none.
 */
export function buildFailure(name: EngineName, printed: string, context: string | null = null): HardenError {
  // dpkg ends its lines as a terminal wants them.
  const output = printed.slice(-bounds.failureLength).replace(/\r\n?/g, '\n')
  const base = baseImageFailure(name, output)
  if (base !== null) return base
  const general = failureOf(name, 'build the image', output)
  if (general.code !== 'engine-failed' || general.hint !== undefined) return general
  const step = failingStep(output)
  const reason = reasonOf(output)
  const message =
    step === null ? `the build failed: ${reason}` : `the build failed at ${shortened(step.name)}: ${reason}`
  const lastLines =
    step === null || step.output.length === 0 ? '' : `\n${step.output.map((line) => `  ${line}`).join('\n')}`
  const line = /^Dockerfile:(\d+)$/m.exec(output)?.[1] ?? /(?:parse error on line|Dockerfile:) ?(\d+)/.exec(output)?.[1]
  const hint = hintFor(step?.name ?? '', reason, context)
  return new HardenError('build-failed', message + lastLines, {
    ...(line !== undefined && { line: Number(line) }),
    ...(hint === null ? {} : { hint }),
    cause: new Error(output.slice(-keptOutput)),
  })
}

function hintFor(step: string, reason: string, context: string | null): string | null {
  const blank = /^base name \((.*)\) should not be blank/.exec(reason)?.[1]
  const variable = /\$\{?(\w+)/.exec(blank ?? '')?.[1]
  if (variable !== undefined) return `--build-arg ${variable}=VALUE (buildArg: in the configuration) gives it`
  if (context === null || !/\b(COPY|ADD)\b/.test(step) || !/not found|no such file/i.test(reason)) return null
  return `its build context is ${context}: --context (context: in the configuration) names another`
}

function shortened(step: string): string {
  return step.length > 200 ? `${step.slice(0, 197)}...` : step
}

/** BuildKit repeats the failed step and its last output between two rules of dashes. */
function failingStep(output: string): { readonly name: string; readonly output: readonly string[] } | null {
  const block = /^-{6}\n > (.*):\n((?:.*\n)*?)-{6}$/m.exec(output)
  if (block?.[1] !== undefined) {
    const repeated = (block[2] ?? '').split('\n').filter(Boolean)
    // What a step prints as it fails can come too late to be repeated.
    const lines = repeated.length > 0 ? repeated : printedBy(block[1], output)
    return {
      name: block[1],
      output: lines.map((line) => line.replace(/^\d+\.\d+ /, '').trimEnd()).slice(-keptOutputLines),
    }
  }
  const steps = [...output.matchAll(/^STEP (\d+\/\d+): (.*)$/gm)]
  const last = steps.at(-1)
  if (last?.[2] === undefined) return null
  const lines = output
    .slice((last.index ?? 0) + last[0].length)
    .split('\n')
    .map((line) => line.trimEnd())
  const own = lines.filter((line) => line !== '' && !/^(?:Error|time=)/.test(line))
  return { name: `[${last[1]}] ${last[2]}`, output: own.slice(-keptOutputLines) }
}

/** BuildKit numbers its steps: `#7 [4/4] RUN make`, then `#7 0.214 make: not found`. */
function printedBy(step: string, output: string): readonly string[] {
  const lines = output.split('\n')
  const number = lines.find((line) => /^#\d+ /.test(line) && line.endsWith(` ${step}`))?.split(' ')[0]
  if (number === undefined) return []
  return lines
    .filter((line) => line.startsWith(`${number} `) && /^#\d+ \d+\.\d+ ./.test(line))
    .map((line) => line.slice(number.length + 1))
}

function reasonOf(output: string): string {
  const solve = /^ERROR: failed to (?:solve|build): (.*)$/m.exec(output)?.[1]
  const reason = solve?.replace(/^process ".*" did not complete successfully: /s, '').replace(/ref [\w-]+::\w+: /, '')
  return reason ?? decisiveLine(output.replace(/^((?:(?!building at STEP ").)*)building at STEP ".*": (?=\S)/m, '$1'))
}
