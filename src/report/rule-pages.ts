import adjustConfig from '../../docs/rules/adjust-config.md'
import baseImage from '../../docs/rules/base-image.md'
import buildAsRoot from '../../docs/rules/build-as-root.md'
import composeService from '../../docs/rules/compose-service.md'
import createUser from '../../docs/rules/create-user.md'
import dropCapabilities from '../../docs/rules/drop-capabilities.md'
import editManifests from '../../docs/rules/edit-manifests.md'
import exposePorts from '../../docs/rules/expose-ports.md'
import followPort from '../../docs/rules/follow-port.md'
import hostFile from '../../docs/rules/host-file.md'
import hostFolder from '../../docs/rules/host-folder.md'
import lookAtBase from '../../docs/rules/look-at-base.md'
import mergeResults from '../../docs/rules/merge-results.md'
import migrateVolumes from '../../docs/rules/migrate-volumes.md'
import numberUser from '../../docs/rules/number-user.md'
import openArchive from '../../docs/rules/open-archive.md'
import ownCopiedFiles from '../../docs/rules/own-copied-files.md'
import ownMounts from '../../docs/rules/own-mounts.md'
import ownWritablePaths from '../../docs/rules/own-writable-paths.md'
import pinAccountId from '../../docs/rules/pin-account-id.md'
import podSecurity from '../../docs/rules/pod-security.md'
import preferVendor from '../../docs/rules/prefer-vendor.md'
import programFromElsewhere from '../../docs/rules/program-from-elsewhere.md'
import prove from '../../docs/rules/prove.md'
import raisePorts from '../../docs/rules/raise-ports.md'
import readBuild from '../../docs/rules/read-build.md'
import readConfig from '../../docs/rules/read-config.md'
import readManifests from '../../docs/rules/read-manifests.md'
import readProject from '../../docs/rules/read-project.md'
import reportRemarks from '../../docs/rules/report-remarks.md'
import rootWork from '../../docs/rules/root-work.md'
import service from '../../docs/rules/service.md'
import setCommand from '../../docs/rules/set-command.md'
import setEnvironment from '../../docs/rules/set-environment.md'
import setHome from '../../docs/rules/set-home.md'
import setUser from '../../docs/rules/set-user.md'
import setWorkdir from '../../docs/rules/set-workdir.md'
import skipStepDown from '../../docs/rules/skip-step-down.md'
import sources from '../../docs/rules/sources.md'
import startScript from '../../docs/rules/start-script.md'
import writes from '../../docs/rules/writes.md'

/** The page of each name that a finding or a question has: Markdown of one screen, kept as `docs/rules/NAME.md`. */
export const rulePages: ReadonlyMap<string, string> = new Map([
  ['adjust-config', adjustConfig],
  ['base-image', baseImage],
  ['build-as-root', buildAsRoot],
  ['compose-service', composeService],
  ['create-user', createUser],
  ['drop-capabilities', dropCapabilities],
  ['edit-manifests', editManifests],
  ['expose-ports', exposePorts],
  ['follow-port', followPort],
  ['host-file', hostFile],
  ['host-folder', hostFolder],
  ['look-at-base', lookAtBase],
  ['merge-results', mergeResults],
  ['migrate-volumes', migrateVolumes],
  ['number-user', numberUser],
  ['open-archive', openArchive],
  ['own-copied-files', ownCopiedFiles],
  ['own-mounts', ownMounts],
  ['own-writable-paths', ownWritablePaths],
  ['pin-account-id', pinAccountId],
  ['pod-security', podSecurity],
  ['prefer-vendor', preferVendor],
  ['program-from-elsewhere', programFromElsewhere],
  ['prove', prove],
  ['raise-ports', raisePorts],
  ['read-build', readBuild],
  ['read-config', readConfig],
  ['read-manifests', readManifests],
  ['read-project', readProject],
  ['report-remarks', reportRemarks],
  ['root-work', rootWork],
  ['service', service],
  ['set-command', setCommand],
  ['set-environment', setEnvironment],
  ['set-home', setHome],
  ['set-user', setUser],
  ['set-workdir', setWorkdir],
  ['skip-step-down', skipStepDown],
  ['sources', sources],
  ['start-script', startScript],
  ['writes', writes],
])

/** Where a page is kept, below the root of the repository. */
export function rulePath(name: string): string {
  return rulePages.has(name) ? `docs/rules/${name}.md` : 'docs/reference/findings.md'
}

/** The same on the web; `home`: where the repository of this tool can be read, null where nobody has said it. */
export function ruleUri(name: string, home: string | null): string | null {
  return home === null ? null : `${home}/blob/HEAD/${rulePath(name)}`
}

/** What stands below the title of a page; '' for a name that has none. */
export function ruleBody(name: string): string {
  return (rulePages.get(name) ?? '').slice(`# ${name}\n\n`.length).trim()
}

/** Its first paragraph, as one line. */
export function ruleSummary(name: string): string {
  return (ruleBody(name).split('\n\n', 1)[0] ?? '').replaceAll('\n', ' ')
}
