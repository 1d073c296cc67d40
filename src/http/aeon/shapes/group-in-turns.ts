import { setImmediate as nextTurn } from 'node:timers/promises'

/** Items that are looked at in one turn of the event loop. */
const itemsOfTurn = 2_000

/** The items by the id that each belongs to, in their order. */
export async function groupInTurns<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
): Promise<ReadonlyMap<string, readonly Item[]>> {
  const groups = new Map<string, Item[]>()
  for (const [index, item] of items.entries()) {
    if (index % itemsOfTurn === itemsOfTurn - 1) await nextTurn()
    const id = idOf(item)
    const others = groups.get(id)
    if (others === undefined) groups.set(id, [item])
    else others.push(item)
  }
  return groups
}
