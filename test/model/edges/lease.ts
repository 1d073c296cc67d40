/** How long an edge answers by one grant, in milliseconds: a few for each lease of an instance. */
export const edgeLeaseMs = 3_000
