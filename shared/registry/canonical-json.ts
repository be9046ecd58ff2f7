/** One text for one JSON value, whatever the order of its keys: the JSON Canonicalization Scheme, RFC 8785. */

/**
 * Writes a value that came out of `JSON.parse`. Numbers and strings are written as ECMAScript does, which is what RFC 8785 asks for;
 * keys are sorted by their UTF-16 code units, which is how JavaScript compares strings.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}
