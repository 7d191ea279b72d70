/** @file Numbers on the command line. */

/** The number that a flag gives, else its text, for the schema to complain about. */
export function asNumber(text: string): number | string {
  const value = Number(text);
  return text.trim() === '' || Number.isNaN(value) ? text : value;
}
