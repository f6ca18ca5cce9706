import { describeMore } from '../support/more-hardening.ts'
import { retryOnce } from '../support/retry.ts'

retryOnce()

describeMore('apps')
