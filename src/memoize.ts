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
