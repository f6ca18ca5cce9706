/** What a run has shown about a path so far: that it was not there, or that the run itself made it. */
export interface PathHistory {
  absent(path: string): void
  made(path: string): void
  /** A path, with all below it, gets another name; `exchange` swaps two. */
  renamed(from: string, to: string, exchange: boolean): void
  /** It was seen to be missing, or lies in a folder that the run made and in which nothing made it. */
  isAbsent(path: string): boolean
  /** The path, or the folder above it that it has come with, was made by this run. */
  isMade(path: string): boolean
}

interface Node {
  /** `there`: moved here from where nothing was known of it. */
  state: 'absent' | 'made' | 'there' | null
  below: Map<string, Node> | null
}

/** A tree by path component, so that the rename of a folder moves what is known of everything in it. */
export function pathHistory(): PathHistory {
  const root: Node = { state: null, below: null }

  const find = (path: string): Node | null => {
    let node: Node | undefined = root
    for (const part of parts(path)) {
      node = node.below?.get(part)
      if (node === undefined) return null
    }
    return node
  }
  const reach = (path: string): Node => {
    let node = root
    for (const part of parts(path)) {
      node.below ??= new Map()
      const next: Node = node.below.get(part) ?? { state: null, below: null }
      node.below.set(part, next)
      node = next
    }
    return node
  }
  const replace = (path: string, by: Node): void => {
    const node = reach(path)
    node.state = by.state
    node.below = by.below
  }

  const isMade = (path: string): boolean => {
    let node: Node | undefined = root
    let made = false
    for (const part of parts(path)) {
      node = node.below?.get(part)
      if (node === undefined) return made
      if (node.state === 'made' || node.state === 'there') made = node.state === 'made'
    }
    return made
  }

  return {
    absent: (path) => replace(path, { state: 'absent', below: null }),
    made(path) {
      reach(path).state = 'made'
    },
    renamed(from, to, exchange) {
      const moving = { ...(find(from) ?? unknown) }
      const replaced = { ...(find(to) ?? unknown) }
      replace(to, { ...moving, state: moving.state ?? 'there' })
      replace(from, exchange ? { ...replaced, state: replaced.state ?? 'there' } : { state: 'absent', below: null })
    },
    isAbsent(path) {
      const state = find(path)?.state ?? null
      return state === 'absent' || (state === null && isMade(path))
    },
    isMade,
  }
}

const unknown: Node = { state: null, below: null }

function parts(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '')
}
