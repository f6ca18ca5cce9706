function header(type: string, size: number): Buffer {
  const block = Buffer.alloc(512)
  block.write('trace')
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  block.write(type, 156)
  return block
}

/** One entry of a tar. `type`: `0` for a file, `x` for an extended header. */
export function entry(type: string, content: string): Buffer {
  return Buffer.concat([
    header(type, content.length),
    Buffer.from(content),
    Buffer.alloc((512 - (content.length % 512)) % 512),
  ])
}
