import type { VendorWay } from '../../catalogue/entry.ts'
import type { CapableFile, Evidence, Remark } from '../evidence/claim.ts'
import { DEFAULT_CAPABILITIES } from '../image/capabilities.ts'
import type { ImageFacts } from '../image/facts.ts'
import { baseName } from '../places.ts'
import { isInterpreter } from '../shell/index.ts'
import { choices } from '../words.ts'
import { bare } from './account/new-account.ts'
import { type AccountChoice, type BaseChange, decide, type StagePlan } from './plan.ts'
import type { StageInput } from './stage-input.ts'

/** The vendor's own image runs as another user already, and the stage does nothing that would need root in it. */
export function canSwitchBase({ vendor, plainBase }: StageInput): boolean {
  return vendor.variant !== null && plainBase === true && /^\d+:\d+$/.test(vendor.variant.user)
}

export function vendorImage({ vendor, facts }: StageInput): Pick<StagePlan, 'account' | 'decisions' | 'remarks'> {
  const { variant } = vendor
  if (variant === null) return { account: null, decisions: [], remarks: [] }
  const [uid = 0, gid = uid] = variant.user.split(':').map(Number)
  const evidence: Evidence[] = [
    { source: 'catalogue', subject: variant.reference, detail: 'the user of the image that its vendor ships' },
  ]
  const account: AccountChoice = { ...bare(uid, gid, evidence, 'image'), creation: 'exists' }
  const remarks: Remark[] = variant.differences.map((difference) => ({
    outcome: 'note',
    transform: 'prefer-vendor',
    message: `${variant.reference} differs: ${difference}`,
    about: 'FROM',
    evidence: [{ source: 'catalogue', subject: variant.reference, detail: difference }],
  }))
  const decisions = [
    ...decide('switch-base', [{ image: variant.reference, ports: movedBy(variant, facts), evidence }]),
    ...decide('set-user', [account]),
  ]
  return { account, decisions, remarks }
}

/** The catalogue's list of what is different in the vendor's own image: `listens on 8080 instead of 80`. */
function movedBy({ differences }: VendorWay, { config }: ImageFacts): BaseChange['ports'] {
  const moves = differences.flatMap((one) => {
    const [, to, from] = /\b(\d+) instead of (\d+)\b/.exec(one) ?? []
    return to === undefined ? [] : [{ from: Number(from), to: Number(to) }]
  })
  return config.exposedPorts.flatMap(({ port, protocol }) => {
    const move = moves.find(({ from }) => from === port)
    return move === undefined || protocol === 'sctp' ? [] : [{ ...move, protocol }]
  })
}

/**
 * What the vendor offers, and which programs with file capabilities stand in the way. One that a RUN gives capabilities and that is
 * started does not start without them; a tool beside it may never be needed.
 */
export function vendorRemarks(
  { vendor: { variant }, observation, stated }: StageInput,
  capable: readonly CapableFile[],
): readonly Remark[] {
  const isStarted = (path: string): boolean =>
    stated.view.start.programs.includes(baseName(path)) || isInterpreter(baseName(path))
  const offer: Remark[] =
    variant === null
      ? []
      : [
          {
            outcome: 'note',
            transform: 'prefer-vendor',
            message: `its vendor ships ${variant.reference}, which runs as ${variant.user}: ${variant.differences.join(', ')}`,
            hint: 'use it with --prefer-vendor',
            about: 'FROM',
            evidence: [
              {
                source: 'catalogue',
                subject: variant.reference,
                detail: 'the image that its vendor ships without root',
              },
            ],
          },
        ]
  return [
    ...offer,
    ...capable.map(({ name: path, capabilities, removeWith, certainty, evidence }): Remark => {
      const isNeeded = observation === null && certainty === 'declared' && isStarted(path)
      // Capabilities that every container has only need to be kept: the profile adds them back.
      const isKept =
        isNeeded && capabilities.length > 0 && capabilities.every((name) => DEFAULT_CAPABILITIES.includes(name))
      return {
        outcome: isNeeded && !isKept ? 'todo' : 'note',
        transform: 'report-remarks',
        message: `${path} has ${capabilities.map((name) => `cap_${name.toLowerCase()}`).join(', ')} of its own: under --cap-drop=ALL the kernel refuses to start it`,
        hint: choices(
          `add ${capabilities.join(', ')} back at run time`,
          `add RUN ${removeWith}, which copies the file into a new layer`,
        ),
        ...(isKept ? { capabilities } : {}),
        about: 'FROM',
        evidence: [evidence],
      }
    }),
  ]
}
