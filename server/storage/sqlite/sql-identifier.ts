/** Quotes a name for use in SQL. Names come from the schema; values never enter SQL text. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
