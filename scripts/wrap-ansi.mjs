// Before the package of this name, in the bundle: it makes a segmenter as it is loaded, which takes as long as a small Dockerfile, and
// most rows are as wide as they may be already.
import stringWidth from './string-width.mjs'

const PLAIN = /^(?! )[^\s]*(?: [^\s]+)*$/

/** @param {string} text @param {number} columns @param {object} [options] */
// biome-ignore lint/style/noDefaultExport: as the package has it.
export default (text, columns, options) =>
  PLAIN.test(text) && stringWidth(text) <= columns
    ? text
    : require('../node_modules/wrap-ansi/index.js').default(text, columns, options)
