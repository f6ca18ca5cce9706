import { retryOnce } from '../support/retry.ts'
import { describeApps } from '../support/static-apps.ts'

retryOnce()

describeApps('servers')
