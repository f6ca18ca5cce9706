import { describeMore } from './support/more-hardening.ts'

describeMore('web')
