import type { Transform } from '../src/transform.ts'
import { adjustConfig } from './adjust-config.ts'
import { buildAsRoot } from './build-as-root.ts'
import { createUser } from './create-user.ts'
import { dropCapabilities } from './drop-capabilities.ts'
import { exposePorts } from './expose-ports.ts'
import { numberUser } from './number-user.ts'
import { ownCopiedFiles } from './own-copied-files.ts'
import { ownMounts } from './own-mounts.ts'
import { ownWritablePaths } from './own-writable-paths.ts'
import { pinAccountId } from './pin-account-id.ts'
import { preferVendor } from './prefer-vendor.ts'
import { raisePorts } from './raise-ports.ts'
import { reportRemarks } from './report-remarks.ts'
import { setCommand } from './set-command.ts'
import { setEnvironment } from './set-environment.ts'
import { setHome } from './set-home.ts'
import { setUser } from './set-user.ts'
import { setWorkdir } from './set-workdir.ts'
import { skipStepDown } from './skip-step-down.ts'

/** The pipeline: lines that go in at one place come in this order. */
export const transforms: readonly Transform[] = [
  preferVendor,
  buildAsRoot,
  pinAccountId,
  createUser,
  raisePorts,
  adjustConfig,
  dropCapabilities,
  skipStepDown,
  ownWritablePaths,
  ownCopiedFiles,
  ownMounts,
  setEnvironment,
  setHome,
  setWorkdir,
  exposePorts,
  setUser,
  numberUser,
  setCommand,
  reportRemarks,
]
