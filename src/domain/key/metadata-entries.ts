/** Labels that the managers of a key attach to it: a flat map of texts. */
export type Metadata = Readonly<Record<string, string>>
