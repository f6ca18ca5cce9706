// In place of escalade, in the bundle: yargs looks with it for a package.json from the working folder upwards, to guess a version that
// the program says by itself. That folder is a stranger's repository, and its package.json may be a link to a file that never ends.

// biome-ignore lint/style/noDefaultExport: as the package has it.
export default () => undefined
