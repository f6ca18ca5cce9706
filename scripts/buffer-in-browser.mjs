// The one thing that dockerfile-ast asks of Node's Buffer: the bytes of a text, to see a byte order mark.

const encoder = new TextEncoder()

export const Buffer = { from: (/** @type {string} */ text) => encoder.encode(text) }
