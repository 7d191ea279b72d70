/**
 * @file A terminal that keeps what stood in each of its lines, and when. It knows what progress bars and plain programs
 * send: new lines, carriage returns, backspaces, cursor movements, erasing; colours are dropped.
 */

/** What a program may send in the middle of its text: control sequences, titles, single escapes. */
// eslint-disable-next-line no-control-regex
const CONTROL = /\x1b\[([?\d;]*)([A-Za-z])|\x1b\][^\x07]*\x07|\x1b[()][A-Z0-9]|\x1b[78=>]|[\r\n\b\x07]/g;

/**
 * @returns `lines`: for each line its versions as `{ at, text }` in the order of time; a line longer than the columns
 * goes on below, unless the program forbids it
 */
export function createScreen(columns) {
  const lines = [];
  let [row, column] = [0, 0];
  let wraps = true;

  const lineAt = (index) => {
    while (lines.length <= index) lines.push([]);
    return lines[index];
  };
  const current = (index) => lineAt(index).at(-1)?.text ?? '';
  function put(index, text, at) {
    const versions = lineAt(index);
    const kept = text.trimEnd();
    if (kept === current(index)) return;
    if (versions.at(-1)?.at === at) versions[versions.length - 1] = { at, text: kept };
    else versions.push({ at, text: kept });
  }
  function print(text, at) {
    for (let rest = text; rest !== '';) {
      if (column >= columns) {
        if (!wraps) return;
        [row, column] = [row + 1, 0];
      }
      const piece = rest.slice(0, columns - column);
      const line = current(row).padEnd(column);
      put(row, line.slice(0, column) + piece + line.slice(column + piece.length), at);
      column += piece.length;
      rest = rest.slice(piece.length);
    }
  }
  function control(sequence, numbers, letter, at) {
    const count = Number(numbers.replace('?', '').split(';')[0]) || 0;
    if (sequence === '\n') [row, column] = [row + 1, 0];
    else if (sequence === '\r') column = 0;
    else if (sequence === '\b') column = Math.max(0, column - 1);
    else if (letter === 'A') row = Math.max(0, row - (count || 1));
    else if (letter === 'B') row += count || 1;
    else if (letter === 'C') column += count || 1;
    else if (letter === 'D') column = Math.max(0, column - (count || 1));
    else if (letter === 'G') column = Math.max(0, count - 1);
    else if (letter === 'K') put(row, count === 2 ? '' : current(row).slice(0, column), at);
    else if (numbers === '?7') wraps = letter === 'h';
    else if (letter === 'J') {
      put(row, current(row).slice(0, column), at);
      for (let below = row + 1; below < lines.length; below++) put(below, '', at);
    }
    lineAt(row);
  }

  return {
    lines,
    text: () => lines.map((_, index) => current(index)).join('\n'),
    write(text, at) {
      let end = 0;
      for (const { 0: sequence, 1: numbers = '', 2: letter = '', index } of text.matchAll(CONTROL)) {
        print(text.slice(end, index), at);
        control(sequence, numbers, letter, at);
        end = index + sequence.length;
      }
      print(text.slice(end), at);
    },
  };
}
