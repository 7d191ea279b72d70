/**
 * @file Pictures of where a model looks: for each utterance `NAME.svg`, `NAME.png` and `NAME.csv` (a row a frame).
 *
 * An utterance may be set beside another one, or beside itself with a pause put in, drawn on the same scales; the
 * cosine of the two embeddings says how much the difference matters to the model.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../../corpus/manifest/manifest.js';
import { UserError } from '../../errors.js';
import type { AudioPiece } from '../../features/utterance-features.js';
import { isEven } from '../../report/figures/attention-data.js';
import type { AttentionUtterance, LayerAttention } from '../../report/figures/attention-data.js';
import { attentionFigure } from '../../report/figures/attention.js';
import { forFile } from '../../report/figures/chart.js';
import type { Figure } from '../../report/figures/figure.js';
import { loadRasteriser } from '../../report/figures/rasterise.js';
import { formatPercent } from '../../report/text/number-format.js';
import { formatTable } from '../../report/text/table.js';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { didYouMean } from '../../configuration/closest-name.js';
import { listEmbeddingInputs } from '../embedding/input-lists.js';
import { openExplainer, type Explainer, type Explanation, type OpenExplainerOptions } from './attention-of-speech.js';
import { insertPause } from './insert-pause.js';
import type { Reporting } from '../model-work.js';
import { toCsv } from '../../storage/csv.js';
import { readTextLines } from '../../storage/text-lines.js';

export interface ExplainOptions extends Reporting, OpenExplainerOptions {
  /** Audio files and lists of them, as for `embed`; ids of the manifest where there is one. */
  inputs: readonly string[];
  /** A recipe's `manifest.jsonl`. */
  manifest?: string;
  /** Folder of the pictures. */
  out: string;
  /** An utterance to set beside each. */
  against?: string;
  /** Seconds of pause; each utterance is set beside itself with it. */
  pause?: number;
}

/** Figures of one utterance; weights and curves are in the files. */
export type ExplainedUtterance = Omit<AttentionUtterance, 'times' | 'spectrum' | 'speech' | 'layers'> & {
  layers: Omit<LayerAttention, 'weights' | 'mean'>[];
};

export interface ExplainedPicture {
  /** One, or the two that are compared. */
  utterances: ExplainedUtterance[];
  /** Of the embeddings of the two. */
  cosine?: number;
  files: string[];
}

export interface Explained {
  model: string;
  pictures: ExplainedPicture[];
}

/** @returns what each picture shows, in the order of the inputs */
export async function explainInputs({
  inputs,
  manifest,
  out,
  against,
  pause,
  log,
  progress,
  signal,
  ...options
}: ExplainOptions): Promise<Explained> {
  const named = await findUtterances(inputs, manifest);
  const other = against === undefined ? undefined : await findUtterances([against], manifest);
  if (other && other.length !== 1) {
    throw new UserError(`--against ${against}: expected one utterance, got ${other.length}`);
  }
  const names = named.map(({ name }) => fileName(name, { pause, against: other?.[0].name }));
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new UserError(`two utterances would both be drawn in ${join(out, twice)}.svg`);
  for (const name of names) refuseOtherTable(join(out, `${name}.csv`));
  const rasteriser = await loadRasteriser();
  if ('why' in rasteriser) log(`! no PNG, as resvg cannot be loaded: ${rasteriser.why}`);
  const explainer = await openExplainer(options);
  try {
    const compared = other && (await explainPiece(explainer, other[0]));
    const pictures: ExplainedPicture[] = [];
    for (const [i, utterance] of named.entries()) {
      signal?.throwIfAborted();
      const explanations = [
        await explainPiece(explainer, utterance),
        ...(compared ? [compared] : []),
        ...(pause === undefined ? [] : [await explainWithPause(explainer, utterance, pause)]),
      ];
      const figure = figureOf(explainer, explanations, 'attention');
      const base = join(out, names[i]);
      const svg = forFile(figure.svg, figure);
      writeFileAtomic(`${base}.svg`, svg);
      if ('draw' in rasteriser) writeFileAtomic(`${base}.png`, rasteriser.draw(svg));
      writeFileAtomic(`${base}.csv`, toCsv([[...figure.data.columns], ...figure.data.rows.map((row) => [...row])]));
      pictures.push({
        utterances: explanations.map(({ utterance: each }) => withoutCurves(each)),
        ...(explanations.length > 1 && { cosine: cosine(explanations[0].embedding, explanations[1].embedding) }),
        files: ['svg', ...('draw' in rasteriser ? ['png'] : []), 'csv'].map((type) => `${base}.${type}`),
      });
      progress('explain', pictures.length, named.length);
    }
    return { model: explainer.model, pictures };
  } finally {
    await explainer.close();
  }
}

/** @throws UserError where a table of that name is there that is none of these: it may be of the same recording */
function refuseOtherTable(path: string): void {
  if (!existsSync(path)) return;
  const [{ text } = { text: '' }] = readTextLines(path, { what: 'the table' });
  if (/^(utterance,)?frame,time,speech/.test(text)) return;
  throw new UserError(`${path}: is there already, and is no table of attention\n  name another folder: --out DIR`);
}

export interface ExplainedPiece {
  name: string;
  piece: AudioPiece;
}

/** A figure for each utterance, to stand in one page. `ids` are `attention-1`, `attention-2`, … */
export async function explainUtterances({
  utterances,
  signal,
  ...options
}: OpenExplainerOptions & { utterances: readonly ExplainedPiece[]; signal?: AbortSignal }): Promise<Figure[]> {
  const explainer = await openExplainer(options);
  try {
    const figures: Figure[] = [];
    for (const utterance of utterances) {
      signal?.throwIfAborted();
      const explanation = await explainPiece(explainer, utterance);
      figures.push(figureOf(explainer, [explanation], `attention-${figures.length + 1}`));
    }
    return figures;
  } finally {
    await explainer.close();
  }
}

function figureOf({ model, lowFreq, highFreq }: Explainer, explanations: readonly Explanation[], id: string): Figure {
  return attentionFigure({ id, model, lowFreq, highFreq, utterances: explanations.map(({ utterance }) => utterance) });
}

const explainPiece = async (explainer: Explainer, { name, piece }: ExplainedPiece) =>
  explainer.explain(await explainer.read(piece), { name });

async function explainWithPause(explainer: Explainer, { name, piece }: ExplainedPiece, seconds: number) {
  const { samples, pause } = insertPause(await explainer.read(piece), { sampleRate: explainer.sampleRate, seconds });
  return explainer.explain(samples, { name: `${name} with a pause of ${seconds} s`, pause });
}

/** Files first; what is no file is an id of the manifest. */
async function findUtterances(inputs: readonly string[], manifest: string | undefined): Promise<ExplainedPiece[]> {
  const known = manifest === undefined ? undefined : new Map(readManifest(manifest).map((each) => [each.id, each]));
  const pieceOf = async (input: string): Promise<ExplainedPiece[]> => {
    const utterance = existsSync(input) ? undefined : known?.get(input);
    if (utterance) return [{ name: utterance.id, piece: utterance }];
    if (known && !existsSync(input)) {
      throw new UserError(
        `${input}: no such file, and no such utterance in ${manifest}${didYouMean(input, [...known.keys()])}`,
      );
    }
    return (await listEmbeddingInputs([input])).map(({ key, where, ...rest }) => {
      if (rest.kind === 'audio') return { name: key, piece: rest.piece };
      throw new UserError(`${where}: expected audio, got features: their spectrum and speech cannot be shown`);
    });
  };
  return (await Promise.all(inputs.map(pieceOf))).flat();
}

/** A name without characters that mean something to a file system. */
function fileName(name: string, { pause, against }: { pause?: number; against?: string }): string {
  const whole = `${name}${against === undefined ? '' : `-against-${against}`}${pause === undefined ? '' : '-pause'}`;
  return whole.replace(/[^\p{L}\p{N}._@+=-]+/gu, '_').replace(/^\./, '_');
}

function withoutCurves(utterance: AttentionUtterance): ExplainedUtterance {
  const { times: _times, spectrum: _spectrum, speech: _speech, layers, ...rest } = utterance;
  return { ...rest, layers: layers.map(({ weights: _weights, mean: _mean, ...figures }) => figures) };
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** What the pictures show, for a terminal. */
export function describeExplained({ model, pictures }: Explained): string {
  return [model, ...pictures.map(describePicture)].join('\n\n');
}

function describePicture({ utterances, cosine: likeness, files }: ExplainedPicture): string {
  return [
    ...utterances.flatMap(describeUtterance),
    ...(likeness === undefined ? [] : [`cosine of the two embeddings: ${likeness.toFixed(3)}`]),
    files.join('\n'),
  ].join('\n');
}

function describeUtterance(utterance: ExplainedUtterance): string[] {
  const { name, duration, frames, framesGiven, speechFrames, pause, layers, moments } = utterance;
  const unit = layers[0].unit.slice(0, -1);
  const percent = (share: number) => formatPercent(share, 0);
  const parts = [
    `${duration.toFixed(2)} s`,
    `${frames} frames${framesGiven < frames ? ` (${framesGiven} taken)` : ''}`,
    `${percent(speechFrames / frames)} speech`,
    ...(pause ? [`${percent((pause.to - pause.from) / duration)} pause put in`] : []),
  ];
  const columns = [
    { title: 'layer' },
    { title: `frames a ${unit}`, align: 'right' as const },
    { title: 'of all', align: 'right' as const },
    { title: 'together', align: 'right' as const },
    { title: 'on speech', align: 'right' as const },
    ...(pause ? [{ title: 'on pause', align: 'right' as const }] : []),
  ];
  const rows = layers.map((layer) => [
    `${layer.title}${isEven([layer]) ? ' (even)' : ''}`,
    layer.effectiveFrames.toFixed(1),
    percent(layer.evenness),
    layer.coveredFrames.toFixed(1),
    percent(layer.speechShare),
    ...(layer.pauseShare === undefined ? [] : [percent(layer.pauseShare)]),
  ]);
  const peaks = moments.map(({ time, timesEven }) => `${time.toFixed(2)} s (${timesEven.toFixed(1)}×)`);
  return [
    `${name}: ${parts.join(', ')}`,
    formatTable(columns, rows).trimEnd(),
    peaks.length > 0 ? `most attention at ${peaks.join(', ')}` : 'no moment gets more attention than another',
    ...(isEven(layers) ? [`! attention is nearly even: the model looks at all frames alike, as a mean would`] : []),
  ];
}
