import type { EnvSetting } from '../evidence/claim.ts'
import type { FileEdit } from '../evidence/file-edit.ts'
import type { FactSource, Healthcheck, ImageFacts, Known, Platform } from '../image/facts.ts'
import { type CommandChange, decided, type Grant, type PortDecision, type StagePlan } from '../plan/plan.ts'

/** What `inspect` shows of one stage: plain data that survives JSON. */
export interface Inspection {
  /** The stage's name, or its index as text. */
  readonly stage: string
  readonly image: InspectedImage | Unknown
  readonly plan: InspectedPlan
}

/** In place of a value that is not known. */
export interface Unknown {
  readonly unknown: string
}

export interface InspectedImage {
  readonly reference: string
  readonly source: FactSource
  readonly digest: string | null
  readonly platform: Platform
  readonly os: string | Unknown
  /** As written in the image; '' means root. */
  readonly user: string
  readonly entrypoint: readonly string[] | null
  readonly cmd: readonly string[] | null
  readonly workdir: string
  readonly env: Readonly<Record<string, string>>
  /** `80/tcp` */
  readonly exposedPorts: readonly string[]
  readonly volumes: readonly string[]
  readonly healthcheck: Healthcheck | null
  /** `www-data 33:33 /var/www` */
  readonly accounts: readonly string[] | Unknown
  readonly files: 'indexed' | Unknown
}

/** The stage plan without what only the transforms need. */
export interface InspectedPlan extends Pick<StagePlan, 'outcome' | 'reason' | 'account' | 'remarks'> {
  readonly userBefore: string | Unknown
  readonly grants: readonly Grant[]
  readonly ports: readonly PortDecision[]
  readonly fileEdits: readonly FileEdit[]
  readonly env: readonly EnvSetting[]
  readonly command: CommandChange | null
  readonly healthcheck: Healthcheck | null
}

type Decisions = Pick<StagePlan, 'outcome' | 'reason' | 'userBefore' | 'account' | 'decisions' | 'remarks'>

export function inspection(stage: string, facts: Known<ImageFacts>, plan: Decisions): Inspection {
  return { stage, image: orUnknown(facts, inspectedImage), plan: inspectedPlan(plan) }
}

function inspectedImage(facts: ImageFacts): InspectedImage {
  const { config } = facts
  return {
    reference: facts.reference,
    source: facts.source,
    digest: facts.digest,
    platform: facts.platform,
    os: orUnknown(facts.os, (os) => `${os.id} ${os.versionId}`.trim()),
    user: config.user,
    entrypoint: config.entrypoint,
    cmd: config.cmd,
    workdir: config.workdir,
    env: Object.fromEntries(config.env),
    exposedPorts: config.exposedPorts.map(({ port, protocol }) => `${port}/${protocol}`),
    volumes: config.volumes,
    healthcheck: config.healthcheck,
    accounts: orUnknown(facts.accounts, ({ users }) =>
      users.map(({ name, uid, gid, home }) => `${name} ${uid}:${gid} ${home}`.trim()),
    ),
    files: orUnknown(facts.files, () => 'indexed' as const),
  }
}

function inspectedPlan(plan: Decisions): InspectedPlan {
  return {
    outcome: plan.outcome,
    reason: plan.reason,
    userBefore: orUnknown(plan.userBefore, (user) => user),
    // Ids that nobody knows are none; what is said of USER has the name.
    account: plan.account?.unnumbered === true ? null : plan.account,
    grants: decided(plan, 'grant'),
    ports: decided(plan, 'port'),
    fileEdits: decided(plan, 'edit-file').map(({ text: _, ...edit }) => edit),
    env: decided(plan, 'set-env'),
    command: decided(plan, 'set-command')[0] ?? null,
    healthcheck: decided(plan, 'set-healthcheck')[0] ?? null,
    remarks: plan.remarks,
  }
}

function orUnknown<T, U>(fact: Known<T>, show: (value: T) => U): U | Unknown {
  return fact.known ? show(fact.value) : { unknown: fact.reason }
}
