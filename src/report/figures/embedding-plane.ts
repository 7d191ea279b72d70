/**
 * @file Embeddings on a plane: which utterances are mapped, where they lie, and how many lie nearest to one of their
 * speaker.
 *
 * UMAP (McInnes, Healy and Melville, arXiv:1802.03426; umap-js) of length-normalised embeddings, whose Euclidean
 * distances order as their cosines do. Neighbours are found exactly, and everything random is seeded. A map keeps
 * neighbourhoods; the distances between groups and their sizes mean little.
 */
import { UMAP } from 'umap-js';
import { keyedRandom } from '../../random.js';

export interface EmbeddedUtterance {
  readonly id: string;
  readonly speaker: string;
}

/** A system's embeddings of the same utterances. */
interface EmbeddedSystem {
  readonly name: string;
  /** One for each utterance. */
  readonly embeddings: readonly Float32Array[];
}

export interface EmbeddingMapInput {
  readonly utterances: readonly EmbeddedUtterance[];
  readonly systems: readonly EmbeddedSystem[];
  /** How many there are, of which these were chosen. */
  readonly of: { readonly utterances: number; readonly speakers: number };
  readonly seed: number;
}

const NEIGHBOURS = 15;
const EPOCHS = 300;
/**
 * More speakers, or utterances of one, are left out, so that names can be read and the map takes no more than seconds.
 */
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
  const vectors = embeddings.map(normalised);
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

function normalised(embedding: Float32Array): number[] {
  const norm = Math.hypot(...embedding) || 1;
  return Array.from(embedding, (value) => value / norm);
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
  const unit = embeddings.map(normalised);
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
