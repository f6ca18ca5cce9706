// Before the package of this name, in the bundle: to load it and to ask it once takes as long as a Dockerfile, and most text is of
// letters that are one column wide each.

const STYLES = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g')
const NARROW = /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2015\u2018-\u2026\u2190-\u2193]*$/

/** @param {string} text */
// biome-ignore lint/style/noDefaultExport: as the package has it.
export default (text) => {
  const plain = text.replace(STYLES, '')
  return NARROW.test(plain) ? plain.length : require('../node_modules/string-width/index.js').default(plain)
}
