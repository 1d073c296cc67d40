/** A time in RFC 3339; null stays null. */
export function formatTime(time: Date | null): string | null {
  return time?.toISOString() ?? null
}
