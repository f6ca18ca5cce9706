/** Results that are kept of one function of texts: when there are more, all are made anew. */
const MOST_KEPT = 4096
/** Characters of their texts. */
const MOST_CHARACTERS = 1_000_000

/** What is made of a text alone is made once, as long as there are not too many of them: many images have the same script. */
export function memoizeByText<Made>(make: (text: string) => Made): (text: string) => Made {
  const made = new Map<string, { readonly value: Made }>()
  let characters = 0
  return (text) => {
    let known = made.get(text)
    if (known === undefined) {
      known = { value: make(text) }
      characters += text.length
      if (made.size >= MOST_KEPT || characters > MOST_CHARACTERS) {
        made.clear()
        characters = text.length
      }
      made.set(text, known)
    }
    return known.value
  }
}

/** What is made of a thing that never changes is made once, for as long as the thing is there. */
export function memoizeByObject<Thing extends object, Made>(make: (thing: Thing) => Made): (thing: Thing) => Made {
  const made = new WeakMap<Thing, { readonly value: Made }>()
  return (thing) => {
    let known = made.get(thing)
    if (known === undefined) {
      known = { value: make(thing) }
      made.set(thing, known)
    }
    return known.value
  }
}
