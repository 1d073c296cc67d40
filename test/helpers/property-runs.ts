/** How often `npm test` tries a property of a pure function; `npm run properties` tries more. */
export const propertyRuns = { numRuns: Number(process.env.PROPERTY_RUNS ?? 2_000) }
