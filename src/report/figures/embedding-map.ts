/**
 * @file Figure: the embeddings of test utterances on a plane, a panel a system, coloured by speaker.
 */
import { formatPercent } from '../text/number-format.js';
import { drawChart, type EChartsOption, type SeriesOption, type Tip } from './chart.js';
import { FONT, panelHeading } from './chart-parts.js';
import { type EmbeddedUtterance, type EmbeddingMapInput, mapEmbeddings, nearestIsOwn } from './embedding-plane.js';
import type { Drawing, FigureKind, NoFigure } from './figure.js';
import { placeLabels } from './label-places.js';
import { LIGHT, speakerStyle } from './palette.js';

const WIDTH = 960;
const PANEL = { size: 440, top: 46, gap: 32 };
const FEWEST_POINTS = 6;

export const embeddingMapFigure = {
  id: 'embeddings',
  title: () => 'Map of the embeddings',
  needs: ({ tested }) => tested?.embeddings,
  draw,
} satisfies FigureKind<EmbeddingMapInput>;

/** The map of one system. */
interface SystemMap {
  readonly name: string;
  /** Of each utterance. */
  readonly points: readonly [number, number][];
  /** Share of the utterances that lie nearest to one of their own speaker, as text. */
  readonly own: string;
}

function draw({ utterances, systems, of, seed }: EmbeddingMapInput): Drawing | Pick<NoFigure, 'why'> {
  if (utterances.length < FEWEST_POINTS) return { why: `${utterances.length} test utterances are too few for a map.` };
  const speakers = [...new Set(utterances.map(({ speaker }) => speaker))];
  const maps = systems.map(({ name, embeddings }): SystemMap => ({
    name,
    points: mapEmbeddings(embeddings, seed),
    own: formatPercent(nearestIsOwn(embeddings, utterances), 1),
  }));
  const part =
    utterances.length < of.utterances
      ? `${utterances.length} of ${of.utterances} test utterances, of ${speakers.length} of ${of.speakers} speakers, drawn by lot`
      : `all ${of.utterances} test utterances of ${of.speakers} speakers`;
  return {
    caption:
      `${part[0].toUpperCase()}${part.slice(1)}. None of these speakers was heard in training. Each point is an utterance; each ` +
      'colour and symbol is a speaker, whose name stands beside the points. The map (made by UMAP) keeps neighbours together. ' +
      'Look for groups that are torn apart or run into each other; distances between groups mean little.',
    description: maps
      .map(({ name, own }) => `${name}: ${own} of the utterances lie nearest to another one of the same speaker`)
      .join('. '),
    svg: drawChart(
      {
        ...layOut(maps),
        series: maps.flatMap((map, index) => pointsOf(map, index, { utterances, speakers })),
        graphic: maps.flatMap((map, index) => namesOf(map, index, { utterances, speakers })),
      },
      {
        id: 'embeddings',
        width: systems.length > 1 ? WIDTH : PANEL.size + 2 * PANEL.gap,
        height: PANEL.top + PANEL.size + 14,
        tips: maps.flatMap(({ points }, grid) =>
          points.map((at, i): Tip => ({ grid, at, text: `${utterances[i].speaker}: ${utterances[i].id}` })),
        ),
      },
    ),
    data: {
      columns: ['system', 'utterance', 'speaker', 'x', 'y'],
      rows: maps.flatMap(({ name, points }) =>
        points.map(([x, y], i) => [name, utterances[i].id, utterances[i].speaker, x, y]),
      ),
    },
    shown: {
      columns: ['system', 'utterances', 'speakers', 'nearest is of the same speaker'],
      rows: maps.map(({ name, own }) => [name, utterances.length, speakers.length, own]),
    },
  };
}

/** Pixels from the left to a panel. */
const leftOf = (panel: number) => 8 + panel * (PANEL.size + PANEL.gap + 32);

function layOut(maps: readonly SystemMap[]): EChartsOption {
  return {
    title: maps.map(({ name, own }, i) =>
      panelHeading(name, `${own} of the utterances lie nearest to one of their own speaker`, {
        left: leftOf(i),
        top: 2,
      }),
    ),
    grid: maps.map((_, i) => ({
      left: leftOf(i),
      top: PANEL.top,
      width: PANEL.size,
      height: PANEL.size,
      show: true,
      borderColor: LIGHT.grid,
    })),
    xAxis: maps.map(({ points }, grid) =>
      blankAxis(
        grid,
        points.map(([x]) => x),
      ),
    ),
    yAxis: maps.map(({ points }, grid) =>
      blankAxis(
        grid,
        points.map(([, y]) => y),
      ),
    ),
  };
}

function blankAxis(gridIndex: number, values: readonly number[]) {
  const [min, max] = spanOf(values);
  return { gridIndex, type: 'value' as const, show: false, min, max };
}

/** Of an axis on which some values lie, with room around them. */
function spanOf(values: readonly number[]): readonly [low: number, high: number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.06 * (high - low || 1);
  return [low - room, high + room];
}

interface Mapped {
  readonly utterances: readonly EmbeddedUtterance[];
  readonly speakers: readonly string[];
}

/** The points of each speaker in a panel. */
const pointsOf = ({ points }: SystemMap, index: number, { utterances, speakers }: Mapped): SeriesOption[] =>
  speakers.map((speaker, number) => {
    const { color, symbol } = speakerStyle(number);
    return {
      ...{ xAxisIndex: index, yAxisIndex: index, silent: true, type: 'scatter' as const },
      ...{ symbol, symbolSize: 7, itemStyle: { color, opacity: 0.85 } },
      data: points.filter((_, i) => utterances[i].speaker === speaker),
    };
  });

const NAME = 11;

/** The speakers' names beside their points, with lines to those that they stand off from. */
function namesOf({ points }: SystemMap, index: number, { utterances, speakers }: Mapped): object[] {
  const [[left, right], [bottom, top]] = [0, 1].map((axis) => spanOf(points.map((point) => point[axis])));
  const spots = points.map(
    ([x, y]) => [(PANEL.size * (x - left)) / (right - left), (PANEL.size * (top - y)) / (top - bottom)] as const,
  );
  const groups = speakers.map((name) => ({ name, points: spots.filter((_, i) => utterances[i].speaker === name) }));
  const [dx, dy] = [leftOf(index), PANEL.top];
  return placeLabels(groups, { width: PANEL.size, height: PANEL.size, size: NAME }).flatMap(({ name, x, y, line }) => [
    ...(line
      ? [
          {
            type: 'line',
            silent: true,
            z: 4,
            shape: { x1: dx + line[0][0], y1: dy + line[0][1], x2: dx + line[1][0], y2: dy + line[1][1] },
            style: { stroke: LIGHT.faint, lineWidth: 0.8 },
          },
        ]
      : []),
    {
      type: 'text',
      silent: true,
      z: 5,
      x: dx + x,
      y: dy + y,
      style: {
        text: name,
        ...{ fill: LIGHT.ink, fontSize: NAME, fontFamily: FONT, align: 'center', verticalAlign: 'middle' },
        ...{ stroke: LIGHT.surface, lineWidth: 3 },
      },
    },
  ]);
}
