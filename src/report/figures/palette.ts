/**
 * @file The colours of the figures, light and dark, and who wears them.
 *
 * A system has the same colour, line and symbol in every figure. The eight colours stay apart for readers without red
 * or green cones (the tests simulate them); lines and symbols say the same a second time, for them and for grey prints.
 * Every colour has one meaning and occurs once, so that a drawing can be turned into its dark twin by exchanging
 * colours.
 */

/** Beside the data: paper, text, axes. */
const lightBase = { surface: '#ffffff', ink: '#1f2328', faint: '#59636e', axis: '#818b98', grid: '#e4e8ec' };
const darkBase: typeof lightBase = {
  surface: '#12161d',
  ink: '#f0f6fc',
  faint: '#9aa2ab',
  axis: '#656c76',
  grid: '#272e39',
};

/** Of systems, in their order. */
const lightSystems = ['#0b6bb3', '#d1560f', '#0e8869', '#86287e', '#b18e51', '#3a98d8', '#8c4b2f', '#5e6470'];
const darkSystems = ['#58a6ea', '#f28b4b', '#49ce97', '#d07fb5', '#e5bd4d', '#a2daf8', '#c68d7a', '#a8b5c9'];

/** Of speakers, who are told apart by their names beside the points too. */
const lightSpeakers = [
  '#1f77b4',
  '#e07b16',
  '#2a9d4a',
  '#cf3a3b',
  '#8a63b8',
  '#845248',
  '#d267b1',
  '#7a7c80',
  '#a3a41c',
  '#14a5b8',
];
const darkSpeakers = [
  '#63aee6',
  '#ffa552',
  '#63cc80',
  '#f47c7c',
  '#b898e0',
  '#c09387',
  '#f0a1d5',
  '#b3b5ba',
  '#d6d75c',
  '#5fd5e5',
];

/** Of the parts of a corpus. */
const lightSplits = { train: '#2f6fb4', dev: '#de881f', test: '#258b73' };
const darkSplits: typeof lightSplits = { train: '#5b9bdf', dev: '#eb9d25', test: '#4cb596' };

const named = (base: typeof lightBase, systems: readonly string[], speakers: readonly string[]) => ({
  ...base,
  ...Object.fromEntries(systems.map((color, i) => [`system${i + 1}`, color])),
  ...Object.fromEntries(speakers.map((color, i) => [`speaker${i + 1}`, color])),
});

/** Colours by name: `surface`, `ink`, …, `train`, `dev`, `test`, `system1` to `system8`, `speaker1` to `speaker10`. */
export const LIGHT: Readonly<Record<string, string>> & typeof lightBase & typeof lightSplits = {
  ...named(lightBase, lightSystems, lightSpeakers),
  ...lightSplits,
};
/** The same names for a dark page. */
export const DARK: typeof LIGHT = { ...named(darkBase, darkSystems, darkSpeakers), ...darkSplits };

/** How a system is drawn. */
export interface SystemStyle {
  readonly color: string;
  /** Lengths of dashes and gaps. */
  readonly dash: 'solid' | number[];
  readonly symbol: string;
}

/** The style of each system by name, in the order of the systems. */
export type SystemStyles = ReadonlyMap<string, SystemStyle>;

const DASHES: readonly SystemStyle['dash'][] = ['solid', [7, 3], [2, 2.5], [9, 3, 2, 3]];
/** Symbols that echarts knows, and some paths: a triangle on its point, a cross, a hexagon. */
const SYMBOLS = [
  'circle',
  'rect',
  'triangle',
  'diamond',
  'path://M0,0 L10,0 L5,9 Z',
  'path://M4,0 H8 V4 H12 V8 H8 V12 H4 V8 H0 V4 H4 Z',
  'roundRect',
  'path://M5,0 L10,2.5 V7.5 L5,10 L0,7.5 V2.5 Z',
];

/** The style of each system by name: those named first get the plainest lines. No two of 32 systems look the same. */
export function systemStyles(systems: readonly string[]): Map<string, SystemStyle> {
  return new Map(
    systems.map((name, i) => {
      const round = Math.floor(i / lightSystems.length);
      return [
        name,
        {
          color: lightSystems[i % lightSystems.length],
          // Each round shifts the dashes by one, so that a colour comes back with another line.
          dash: DASHES[(i + round) % DASHES.length],
          symbol: SYMBOLS[(i + round) % SYMBOLS.length],
        },
      ];
    }),
  );
}

/** The style of the i-th speaker. */
export const speakerStyle = (index: number): Omit<SystemStyle, 'dash'> => ({
  color: lightSpeakers[index % lightSpeakers.length],
  symbol: SYMBOLS[(index + Math.floor(index / lightSpeakers.length)) % 4],
});
