// A text that is imported is its content, as the bundle has it.
module.exports = { process: (/** @type {string} */ text) => ({ code: `module.exports = ${JSON.stringify(text)}` }) }
