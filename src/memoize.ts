/** Results that are kept of one function of texts: when there are more, all are made anew. */
const MOST_KEPT = 4096
/** Characters of their texts. */
const MOST_CHARACTERS = 1_000_000

/** What is made of a text alone is made once, as long as there are not too many of them: many images have the same script. */
export function memoizeByText<Made>(make: (text: string) => Made): (text: string) => Made {
  return memoizedBy(make, MOST_KEPT, MOST_CHARACTERS)
}

function memoizedBy<Made>(make: (text: string) => Made, most: number, mostCharacters: number): (text: string) => Made {
  const made = new Map<string, { readonly value: Made }>()
  let characters = 0
  return (text) => {
    let known = made.get(text)
    if (known === undefined) {
      known = { value: make(text) }
      characters += text.length
      if (made.size >= most || characters > mostCharacters) {
        made.clear()
        characters = text.length
      }
      made.set(text, known)
    }
    return known.value
  }
}

/** Texts whose search is kept, and the sum of their characters: contexts hold them anyway. */
const MOST_SEARCHED = 65_536
const MOST_SEARCHED_CHARACTERS = 64_000_000

/** As `memoizeByText`, for a small result: targets of one repository have thousands of sources in common. */
export function memoizeSearch<Made>(search: (text: string) => Made): (text: string) => Made {
  return memoizedBy(search, MOST_SEARCHED, MOST_SEARCHED_CHARACTERS)
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
