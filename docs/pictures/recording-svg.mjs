/**
 * @file A recording of a terminal as an SVG: all lines below each other in a window that follows the newest one, each
 * hidden until its time. The animation is CSS. Who prefers no motion, and viewers without animation, see the last
 * screen.
 */

const CELL = { width: 8.4, height: 17, size: 14 };
const MARGIN = 16;
const BAR = 30;
/** Seconds that the command takes to be typed, and that pass before it. */
const TYPING = 1.4;
const WAIT = 0.5;
/** The last screen stands within the given seconds for so long. */
const REST = 4;
/** Of a line that changes in place, such as a progress bar, so many versions are shown. */
const MOST_VERSIONS = 8;

const escape = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/**
 * @param lines versions of each line as `{ at, text }`, in seconds of the run
 * @param took seconds that the run took
 */
export function renderRecording({ command, lines: everyVersion, took, rows, columns, seconds }) {
  const lines = everyVersion.map(thinned);
  const toldTimes = lines.flatMap((versions) => versions.map(({ at }) => at));
  const playedAt = cutPauses(toldTimes, { from: WAIT + TYPING, to: seconds - REST });
  const typed = Array.from(command, (_, i) => ({
    at: WAIT + (TYPING * (i + 1)) / (command.length + 2),
    text: `$ ${command.slice(0, i + 1)}`,
  }));
  const told = lines.map((versions) => versions.map(({ at, text }) => ({ at: playedAt(at), text })));
  while (told.length > 0 && (told.at(-1).at(-1)?.text ?? '') === '') told.pop();
  const all = [[{ at: 0, text: '$' }, ...typed], ...told, [{ at: seconds - REST + 0.3, text: '$' }]];
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
  const height = BAR + rows * CELL.height + MARGIN;
  const title = `${command}: a real run of ${describeDuration(took)}, its pauses cut`;
  const last = lines.map((versions) => versions.at(-1)?.text ?? '').join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">
<title id="title">${escape(title)}</title>
<desc id="desc">${escape(last.slice(-3000))}</desc>
<style>
text{font:${CELL.size}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#e6edf3;white-space:pre}
.c{fill:#7ee2a8}.b{font-size:12px;fill:#a8b3bf}
.l{animation:hide both}.v{visibility:hidden;animation:show}
.s{transform:translateY(${-scrollOf(all.length, rows)}px);animation:scroll ${seconds}s step-end}
@keyframes hide{0%,99.99%{visibility:hidden}}
@keyframes show{0%,100%{visibility:visible}}
@keyframes scroll{${scrollFrames(all, rows, seconds)}}
@media (prefers-reduced-motion:reduce){.l,.v,.s{animation:none}}
</style>
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
<path d="M0,${BAR}H${width}" stroke="#30363d"/>
<circle cx="18" cy="15" r="5" fill="#6e7681"/><circle cx="36" cy="15" r="5" fill="#6e7681"/><circle cx="54" cy="15" r="5" fill="#6e7681"/>
<text class="b" x="${width / 2}" y="19" text-anchor="middle">${escape(title)}</text>
<svg x="${MARGIN}" y="${BAR + 4}" width="${width - MARGIN}" height="${rows * CELL.height + 4}"><g class="s">
${all.map((versions, index) => lineMarkup(versions, index)).join('\n')}
</g></svg>
</svg>
`;
}

/** The first, the last, and some between. */
function thinned(versions) {
  const count = Math.min(versions.length, MOST_VERSIONS);
  return Array.from({ length: count }, (_, i) =>
    count === 1 ? versions[0] : versions[Math.round((i * (versions.length - 1)) / (count - 1))],
  );
}

/** The last version stays; earlier ones are shown until the next one. */
function lineMarkup(versions, index) {
  const y = index * CELL.height + CELL.size;
  const mark = (text) => (text.startsWith('$') ? ' c' : '');
  return versions
    .map(({ at, text }, i) => {
      if (text === '') return '';
      const next = versions[i + 1]?.at;
      if (next !== undefined && next - at < 0.02) return '';
      const time =
        next === undefined
          ? `class="l${mark(text)}" style="animation-duration:${short(at)}s"`
          : `class="v${mark(text)}" style="animation-delay:${short(at)}s;animation-duration:${short(next - at)}s"`;
      return `<text y="${y}" ${time}>${escape(text)}</text>`;
    })
    .filter(Boolean)
    .join('');
}

/** Pixels that the lines have moved up once so many are there. */
const scrollOf = (count, rows) => Math.max(0, count - rows) * CELL.height;

/** Steps of the window: at the time of each line that is the newest so far. */
function scrollFrames(all, rows, seconds) {
  const frames = new Map([['0%', 0]]);
  let lowest = 0;
  const events = all
    .flatMap((versions, index) => versions.slice(0, 1).map(({ at }) => ({ at, count: index + 1 })))
    .sort((a, b) => a.at - b.at);
  for (const { at, count } of events) {
    if (count <= lowest) continue;
    lowest = count;
    frames.set(`${short((100 * at) / seconds)}%`, scrollOf(count, rows));
  }
  frames.set('100%', scrollOf(all.length, rows));
  return [...frames].map(([at, up]) => `${at}{transform:translateY(${-up}px)}`).join('');
}

/** Maps times of the run to times of the recording: no gap is longer than what lets all of it fit. */
function cutPauses(times, { from, to }) {
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  const gaps = sorted.map((at, i) => at - (sorted[i - 1] ?? 0));
  const length = (most) => gaps.reduce((sum, gap) => sum + Math.min(gap, most), 0);
  let [low, high] = [0, Math.max(...gaps)];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (length(middle) > to - from) high = middle;
    else low = middle;
  }
  let played = from;
  const places = new Map(sorted.map((at, i) => [at, (played += Math.min(gaps[i], low))]));
  return (at) => places.get(at);
}

const describeDuration = (seconds) =>
  seconds < 100 ? `${Math.round(seconds)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
const short = (value) => String(Math.round(value * 100) / 100);
