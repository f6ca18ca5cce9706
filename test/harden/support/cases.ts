import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hardenDockerfile } from '../../../src/app/harden.ts'
import { stageInputs } from '../../../src/app/stage-inputs.ts'
import { parseDockerfile } from '../../../src/dockerfile/index.ts'
import type { Hardened, TargetResult } from '../../../src/report/report.ts'
import type { Transform } from '../../../src/transform.ts'
import { transforms } from '../../../transforms/index.ts'
import { type FactsFile, knowledgeOf, policyOf } from './facts.ts'

/** One folder: `before.Dockerfile`, and beside it `after.Dockerfile`, `facts.json`, `findings.txt`, each where it is needed. */
export interface Case {
  /** Folder below the repository. */
  readonly path: string
  /** The transform it is about; null for one about the whole pipeline. */
  readonly transform: string | null
  readonly name: string
  readonly before: string
  /** Absent file: nothing must change. */
  readonly after: string | null
  readonly facts: FactsFile
  /** What must be found, one line each; null where the case does not say. */
  readonly findings: string | null
}

const TRANSFORM_CASES = 'test/transforms'
const PIPELINE_CASES = 'test/harden/cases'

export function transformCases(): readonly Case[] {
  return folders(TRANSFORM_CASES).flatMap((transform) =>
    folders(join(TRANSFORM_CASES, transform)).map((name) =>
      readCase(join(TRANSFORM_CASES, transform, name), transform),
    ),
  )
}

export function pipelineCases(): readonly Case[] {
  return folders(PIPELINE_CASES).map((name) => readCase(join(PIPELINE_CASES, name), null))
}

function folders(path: string): readonly string[] {
  if (!existsSync(path)) return []
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

function readCase(path: string, transform: string | null): Case {
  const known = ['before.Dockerfile', 'after.Dockerfile', 'facts.json', 'findings.txt']
  for (const file of readdirSync(path))
    if (!known.includes(file)) throw new Error(`${path}/${file} is no part of a case`)
  const read = (file: string): string | null =>
    existsSync(join(path, file)) ? readFileSync(join(path, file), 'utf8') : null
  const before = read('before.Dockerfile')
  if (before === null) throw new Error(`${path} has no before.Dockerfile`)
  return {
    path,
    transform,
    name: path.slice(path.lastIndexOf('/') + 1),
    before,
    after: read('after.Dockerfile'),
    facts: JSON.parse(read('facts.json') ?? '{}') as FactsFile,
    findings: read('findings.txt'),
  }
}

/** The result alone. */
export function hardenText(text: string, facts: FactsFile, pipeline: readonly Transform[] = transforms): TargetResult {
  return hardenCase(text, facts, pipeline).result
}

/** The whole pipeline on a text, with what the case knows of the outside. */
export function hardenCase(text: string, facts: FactsFile, pipeline: readonly Transform[] = transforms): Hardened {
  const dockerfile = parseDockerfile(text)
  const policy = policyOf(facts)
  return hardenDockerfile({
    target: 'Dockerfile',
    kind: 'dockerfile',
    dockerfile,
    stages: stageInputs(dockerfile, policy, knowledgeOf(facts, dockerfile)),
    policy,
    transforms: pipeline,
  })
}

/** `line:column outcome transform message`; a case of one transform has only its own, one of the pipeline also the verdict. */
export function describeResult(result: TargetResult, transform: string | null): string {
  const findings = result.findings
    .filter((finding) => transform === null || finding.transform === transform)
    .map(({ line, column, outcome, transform, message }) => `${line}:${column} ${outcome} ${transform} ${message}`)
  const { user } = result
  const who =
    user === null ? '' : ` as ${user.name === '' ? '' : `${user.name} `}${user.uid}:${user.gid} (${user.from})`
  const lines = transform === null ? [`${result.verdict}${who}`, ...findings] : findings
  return lines.map((line) => `${line}\n`).join('')
}

/** `UPDATE_CASES=1` writes what comes out into the case, to be read before it is committed. */
export function update(one: Case, result: TargetResult): void {
  if (result.changed) writeFileSync(join(one.path, 'after.Dockerfile'), result.output)
  if (one.transform === null || one.findings !== null)
    writeFileSync(join(one.path, 'findings.txt'), describeResult(result, one.transform))
}
