/** Runs `act` for every item, at most `width` at once. Rejects with the first failure. */
export async function concurrently<T>(
  items: readonly T[],
  width: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values()
  const worker = async () => {
    for (const item of rest) await act(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}
