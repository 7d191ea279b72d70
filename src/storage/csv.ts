/**
 * @file CSV tables as acanet writes them, and what its readers take back.
 *
 * A spreadsheet runs a cell that begins with `=`, `+`, `-` or `@` as a formula, and ids and paths come from elsewhere:
 * such text gets an apostrophe before it, which spreadsheets take for "this is text". Numbers stay numbers, also
 * negative ones.
 */
import { stringify, type Options } from 'csv-stringify/sync';

/** Rows as CSV, with a final newline. */
export function toCsv(rows: readonly (readonly unknown[] | object)[], options: Options = {}): string {
  // NOTE: not `escape_formulas`, which takes "-0.5" for text where a number has been formatted by us.
  const string = (text: string) => (FORMULA.test(text) && !isNumber(text) ? `'${text}` : text);
  return stringify([...rows], { ...options, cast: { string } });
}

/** The signs that csv-stringify's `escape_formulas` knows, those of full width too. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

const isNumber = (text: string) => text.trim() !== '' && Number.isFinite(Number(text));

/** A field as it was before `toCsv` put an apostrophe before it. */
export const withoutApostrophe = (field: string): string =>
  field.startsWith("'") && FORMULA.test(field.slice(1)) ? field.slice(1) : field;
