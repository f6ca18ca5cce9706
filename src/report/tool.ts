import manifest from '../../package.json' with { type: 'json' }

export const version: string = manifest.version

/** As the report names the tool: `harden-image 0.1.0`. */
export const tool = `harden-image ${version}`
