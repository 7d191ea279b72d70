/**
 * @file Figure: the embeddings of test utterances on a plane, a panel a system, coloured by speaker.
 */
import { formatPercent } from '../text/number-format.js';
import { drawChart, type EChartsOption, type SeriesOption, type Tip } from './chart.js';
import { panelHeading, text } from './chart-parts.js';
import { type EmbeddedUtterance, type EmbeddingMapInput, mapEmbeddings, nearestIsOwn } from './embedding-plane.js';
import type { Drawing, FigureKind, NoFigure } from './figure.js';
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
      `${part[0].toUpperCase()}${part.slice(1)}; none of these speakers was heard in training. Each point is an utterance, ` +
      'each colour and symbol a speaker, whose name stands above its points. Made by UMAP, which keeps neighbours together: ' +
      'groups that are torn apart or run into each other are what to look for; distances between groups mean little.',
    description: maps
      .map(({ name, own }) => `${name}: ${own} of the utterances lie nearest to another one of the same speaker`)
      .join('. '),
    svg: drawChart(
      { ...layOut(maps), series: maps.flatMap((map, index) => seriesOf(map, index, { utterances, speakers })) },
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

function layOut(maps: readonly SystemMap[]): EChartsOption {
  const left = (panel: number) => 8 + panel * (PANEL.size + PANEL.gap + 32);
  return {
    title: maps.map(({ name, own }, i) =>
      panelHeading(name, `${own} of the utterances lie nearest to one of their own speaker`, { left: left(i), top: 2 }),
    ),
    grid: maps.map((_, i) => ({
      left: left(i),
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
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.06 * (high - low || 1);
  return { gridIndex, type: 'value' as const, show: false, min: low - room, max: high + room };
}

/** The points of each speaker in a panel, and the speaker's name above them. */
function seriesOf(
  { points }: SystemMap,
  index: number,
  { utterances, speakers }: { utterances: readonly EmbeddedUtterance[]; speakers: readonly string[] },
): SeriesOption[] {
  return speakers.flatMap((speaker, number): SeriesOption[] => {
    const { color, symbol } = speakerStyle(number);
    const own = points.filter((_, i) => utterances[i].speaker === speaker);
    const shared = { xAxisIndex: index, yAxisIndex: index, silent: true, type: 'scatter' as const };
    const top = [middle(own.map(([x]) => x)), Math.max(...own.map(([, y]) => y))];
    return [
      { ...shared, symbol, symbolSize: 7, itemStyle: { color, opacity: 0.85 }, data: own },
      { ...shared, symbolSize: 0.1, data: [top], labelLayout: { hideOverlap: true }, label: nameLabel(speaker), z: 5 },
    ];
  });
}

const nameLabel = (speaker: string) => ({
  show: true,
  position: 'top' as const,
  distance: 6,
  formatter: speaker,
  ...text(11, LIGHT.ink),
  textBorderColor: LIGHT.surface,
  textBorderWidth: 3,
});

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];
