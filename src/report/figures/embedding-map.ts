/**
 * @file Figure: the embeddings of test utterances on a plane, a panel a system, coloured by speaker.
 *
 * UMAP (McInnes, Healy and Melville, arXiv:1802.03426; umap-js) of length-normalised embeddings, whose Euclidean distances
 * order as their cosines do. Neighbours are found exactly, and everything random is seeded. A map keeps neighbourhoods; the
 * distances between groups and their sizes mean little.
 */
import { UMAP } from 'umap-js';
import { keyedRandom } from '../../random.js';
import { drawChart, type Tip } from './chart.js';
import { text } from './chart-parts.js';
import type { Figure, NoFigure } from './figure.js';
import { LIGHT, speakerStyle } from './palette.js';

export interface EmbeddedUtterance {
  readonly id: string;
  readonly speaker: string;
}

/** A system's embeddings of the same utterances. */
export interface EmbeddedSystem {
  readonly name: string;
  /** One for each utterance. */
  readonly embeddings: readonly Float32Array[];
}

const NEIGHBOURS = 15;
const EPOCHS = 300;
/** More speakers, or utterances of one, are left out, so that names can be read and the map takes no more than seconds. */
const MOST_SPEAKERS = 24;
const MOST_UTTERANCES = 25;

/** Which utterances are mapped: of seeded speakers, seeded utterances, in the order given. */
export function chooseUtterances<T extends EmbeddedUtterance>(utterances: readonly T[], seed: number): T[] {
  const random = keyedRandom('embedding-map', seed);
  const all = [...new Set(utterances.map(({ speaker }) => speaker))];
  const speakers = new Set(random.shuffle([...all]).slice(0, MOST_SPEAKERS));
  const chosen = new Set(
    [...speakers].flatMap((name) =>
      random.shuffle(utterances.filter(({ speaker }) => speaker === name)).slice(0, MOST_UTTERANCES),
    ),
  );
  return utterances.filter((utterance) => chosen.has(utterance));
}

/** Two coordinates for each vector; equal vectors and seeds give equal maps. Needs at least five vectors. */
export function mapEmbeddings(embeddings: readonly Float32Array[], seed: number): [number, number][] {
  const vectors = embeddings.map((embedding) => {
    const norm = Math.hypot(...embedding) || 1;
    return Array.from(embedding, (value) => value / norm);
  });
  const neighbours = Math.min(NEIGHBOURS, vectors.length - 1);
  const umap = new UMAP({
    nNeighbors: neighbours,
    minDist: 0.5,
    nEpochs: EPOCHS,
    random: keyedRandom('umap', seed).uniform,
  });
  const { indices, distances } = nearestNeighbours(vectors, neighbours);
  umap.setPrecomputedKNN(indices, distances);
  return umap.fit(vectors).map(([x, y]) => [x, y]);
}

/** For each vector its nearest, itself first, with Euclidean distances. */
function nearestNeighbours(vectors: readonly number[][], count: number) {
  const all = vectors.map((vector, i) =>
    vectors
      .map((other, j) => ({ j, distance: i === j ? 0 : Math.sqrt(squaredDistance(vector, other)) }))
      .sort((a, b) => a.distance - b.distance || Number(b.j === i) - Number(a.j === i))
      .slice(0, count),
  );
  return {
    indices: all.map((own) => own.map(({ j }) => j)),
    distances: all.map((own) => own.map(({ distance }) => distance)),
  };
}

function squaredDistance(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}

/** How many utterances have one of their own speaker as the nearest of all others, as a fraction. */
export function nearestIsOwn(embeddings: readonly Float32Array[], utterances: readonly EmbeddedUtterance[]): number {
  const unit = embeddings.map((embedding) => {
    const norm = Math.hypot(...embedding) || 1;
    return Array.from(embedding, (value) => value / norm);
  });
  const own = unit.filter((vector, i) => {
    let nearest = -1;
    let least = Infinity;
    unit.forEach((other, j) => {
      const distance = i === j ? Infinity : squaredDistance(vector, other);
      if (distance < least) [nearest, least] = [j, distance];
    });
    return nearest >= 0 && utterances[nearest].speaker === utterances[i].speaker;
  });
  return own.length / unit.length;
}

const WIDTH = 960;
const PANEL = { size: 440, top: 46, gap: 32 };
const FEWEST_POINTS = 6;

export interface EmbeddingMapInput {
  readonly utterances: readonly EmbeddedUtterance[];
  readonly systems: readonly EmbeddedSystem[];
  /** How many there are, of which these were chosen. */
  readonly of: { readonly utterances: number; readonly speakers: number };
  readonly seed: number;
}

export function embeddingMapFigure({ utterances, systems, of, seed }: EmbeddingMapInput): Figure | NoFigure {
  const named = { id: 'embeddings', title: 'Map of the embeddings' };
  if (utterances.length < FEWEST_POINTS)
    return { ...named, why: `${utterances.length} test utterances are too few for a map.` };
  const speakers = [...new Set(utterances.map(({ speaker }) => speaker))];
  const maps = systems.map(({ name, embeddings }) => ({
    name,
    points: mapEmbeddings(embeddings, seed),
    own: nearestIsOwn(embeddings, utterances),
  }));
  const height = PANEL.top + PANEL.size + 14;
  const width = systems.length > 1 ? WIDTH : PANEL.size + 2 * PANEL.gap;
  const left = (panel: number) => 8 + panel * (PANEL.size + PANEL.gap + 32);
  const svg = drawChart(
    {
      title: maps.map(({ name, own }, i) => ({
        text: name,
        subtext: `${(100 * own).toFixed(1)} % of the utterances lie nearest to one of their own speaker`,
        left: left(i),
        top: 2,
        itemGap: 4,
        padding: 0,
        textStyle: text(13.5, LIGHT.ink, 'bold'),
        subtextStyle: text(12, LIGHT.faint),
      })),
      grid: maps.map((_, i) => ({
        left: left(i),
        top: PANEL.top,
        width: PANEL.size,
        height: PANEL.size,
        show: true,
        borderColor: LIGHT.grid,
      })),
      xAxis: maps.map(({ points }, gridIndex) =>
        blankAxis(
          gridIndex,
          points.map(([x]) => x),
        ),
      ),
      yAxis: maps.map(({ points }, gridIndex) =>
        blankAxis(
          gridIndex,
          points.map(([, y]) => y),
        ),
      ),
      series: maps.flatMap(({ points }, index) =>
        speakers.flatMap((speaker, number) => {
          const { color, symbol } = speakerStyle(number);
          const own = points.filter((_, i) => utterances[i].speaker === speaker);
          const shared = { xAxisIndex: index, yAxisIndex: index, silent: true, type: 'scatter' as const };
          return [
            {
              ...shared,
              symbol,
              symbolSize: 7,
              itemStyle: { color, opacity: 0.85 },
              data: own,
            },
            {
              ...shared,
              symbolSize: 0.1,
              data: [[middle(own.map(([x]) => x)), Math.max(...own.map(([, y]) => y))]],
              labelLayout: { hideOverlap: true },
              label: {
                show: true,
                position: 'top' as const,
                distance: 6,
                formatter: speaker,
                ...text(11, LIGHT.ink),
                textBorderColor: LIGHT.surface,
                textBorderWidth: 3,
              },
              z: 5,
            },
          ];
        }),
      ),
    },
    {
      id: 'embeddings',
      width,
      height,
      tips: maps.flatMap(({ points }, grid) =>
        points.map((at, i): Tip => ({ grid, at, text: `${utterances[i].speaker}: ${utterances[i].id}` })),
      ),
    },
  );
  const part =
    utterances.length < of.utterances
      ? `${utterances.length} of ${of.utterances} test utterances, of ${speakers.length} of ${of.speakers} speakers, drawn by lot`
      : `all ${of.utterances} test utterances of ${of.speakers} speakers`;
  return {
    ...named,
    caption:
      `${part[0].toUpperCase()}${part.slice(1)}; none of these speakers was heard in training. Each point is an utterance, ` +
      'each colour and symbol a speaker, whose name stands above its points. Made by UMAP, which keeps neighbours together: ' +
      'groups that are torn apart or run into each other are what to look for; distances between groups mean little.',
    description: maps
      .map(
        ({ name, own }) =>
          `${name}: ${(100 * own).toFixed(1)} % of the utterances lie nearest to another one of the same speaker`,
      )
      .join('. '),
    svg,
    data: {
      columns: ['system', 'utterance', 'speaker', 'x', 'y'],
      rows: maps.flatMap(({ name, points }) =>
        points.map(([x, y], i) => [name, utterances[i].id, utterances[i].speaker, x, y]),
      ),
    },
    shown: {
      columns: ['system', 'utterances', 'speakers', 'nearest is of the same speaker'],
      rows: maps.map(({ name, own }) => [name, utterances.length, speakers.length, `${(100 * own).toFixed(1)} %`]),
    },
  };
}

function blankAxis(gridIndex: number, values: readonly number[]) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.06 * (high - low || 1);
  return { gridIndex, type: 'value' as const, show: false, min: low - room, max: high + room };
}

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];
