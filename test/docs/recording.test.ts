/** @file The recording of a terminal that README shows: what the terminal keeps, and the SVG that plays it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Resvg } from '@resvg/resvg-js';

type Lines = { at: number; text: string }[][];
interface Screen {
  lines: Lines;
  text(): string;
  write(text: string, at: number): void;
}

const load = <Module>(file: string) =>
  import(pathToFileURL(join(import.meta.dirname, '../../../docs/pictures', file)).href) as Promise<Module>;

describe('the terminal that is recorded', () => {
  const cases = [
    { title: 'lines, with the newlines of a terminal', sent: 'one\r\ntwo\r\n', left: 'one\ntwo\n' },
    { title: 'long lines, which go on below', sent: '0123456789ab', left: '0123456789\nab' },
    {
      title: 'long lines cut, where the program asks for it',
      sent: '\x1b[?7l0123456789ab\x1b[?7h',
      left: '0123456789',
    },
    { title: 'what overwrites a line', sent: 'done 1\rdone 2', left: 'done 2' },
    { title: 'what erases a line', sent: 'bar 50 %\x1b[2K\x1b[1Gready', left: 'ready' },
    { title: 'what goes up', sent: 'a\r\nb\r\n\x1b[2AA\x1b[1B', left: 'A\nb\n' },
    { title: 'text without its colours', sent: '\x1b[1;32mgreen\x1b[0m', left: 'green' },
  ];
  for (const { title, sent, left } of cases) {
    it(`keeps ${title}`, async () => {
      const { createScreen } = await load<{ createScreen(columns: number): Screen }>('screen.mjs');
      const screen = createScreen(10);
      screen.write(sent, 1);
      assert.equal(screen.text(), left);
    });
  }

  it('knows when a line became what it was', async () => {
    const { createScreen } = await load<{ createScreen(columns: number): Screen }>('screen.mjs');
    const screen = createScreen(10);
    screen.write('50 %\r', 1);
    screen.write('99 %', 3);
    assert.deepEqual(screen.lines, [
      [
        { at: 1, text: '50 %' },
        { at: 3, text: '99 %' },
      ],
    ]);
  });
});

describe('the SVG of a recording', () => {
  it('hides each line until its time, cuts pauses to the seconds it has, and leaves the last screen', async () => {
    const { renderRecording } = await load<{ renderRecording(recording: object): string }>('recording-svg.mjs');
    const lines: Lines = [
      [{ at: 0.1, text: 'first' }],
      [
        { at: 100, text: '50 % <b>' },
        { at: 500, text: 'ready' },
      ],
    ];
    const svg = renderRecording({ command: 'acanet', lines, took: 600, rows: 4, columns: 20, seconds: 12 });
    assert.doesNotMatch(svg, /<script|href=/);
    assert.match(svg, /a real run of 10 min 0 s, its pauses cut/);
    const shown = [...svg.matchAll(/class="l[^"]*" style="animation-duration:([\d.]+)s">([^<]*)</g)];
    assert.deepEqual(
      shown.map(([, , text]) => text),
      ['$ acanet', 'first', 'ready', '$'],
    );
    const times = shown.map(([, time]) => Number(time));
    assert.ok(times.every((time, i) => i === 0 || time >= times[i - 1]) && times.at(-1)! < 12, times.join(' '));
    assert.match(svg, /class="v" style="animation-delay:[\d.]+s;animation-duration:[\d.]+s">50 % &lt;b&gt;</);
    assert.equal(new Resvg(svg, { font: { loadSystemFonts: false } }).render().width, 200); // it is well-formed
  });
});
