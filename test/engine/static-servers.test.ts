import { describeApps } from './support/static-apps.ts'

describeApps('servers')
