/**
 * @file Where the recipe's model looks, for the report: in a short, a middling and a long test utterance.
 *
 * The page is worth having without these pictures, so where they cannot be made (audio that has gone, a model that
 * attends to nothing) the reason stands in their place.
 */
import type { Utterance } from '../../corpus/manifest/manifest.js';
import { UserError } from '../../errors.js';
import type { Figure, NoFigure } from '../../report/figures/figure.js';
import type { EngineOptions } from '../../engine/create-engine.js';

/** Longer utterances are not chosen: their frames would be narrower than pixels. */
const LONGEST_SECONDS = 20;

export interface ReportAttentionOptions {
  readonly modelDir: string;
  readonly engine: EngineOptions;
  readonly utterances: readonly Utterance[];
  readonly signal?: AbortSignal;
}

export async function drawAttention({
  utterances,
  ...options
}: ReportAttentionOptions): Promise<readonly (Figure | NoFigure)[]> {
  const { explainUtterances } = await import('../../tasks/attention/attention-pictures.js');
  const chosen = chooseByLength(utterances);
  try {
    const figures = await explainUtterances({
      ...options,
      utterances: chosen.map(({ utterance }) => ({ name: utterance.id, piece: utterance })),
    });
    return figures.map((figure, i) => ({ ...figure, title: chosen[i].title }));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [{ id: 'attention-1', title: 'Attention', why: error.message }];
  }
}

/** One of the shortest, one of middling length and one of the longest, of different speakers where there are such. */
export function chooseByLength(utterances: readonly Utterance[]): { title: string; utterance: Utterance }[] {
  const fit = utterances.filter(({ duration }) => duration <= LONGEST_SECONDS);
  const chosen: { title: string; utterance: Utterance }[] = [];
  for (const [share, kind] of [
    [0.02, 'short'],
    [0.5, 'middling'],
    [0.98, 'long'],
  ] as const) {
    const sorted = (fit.length > 0 ? fit : utterances).toSorted((a, b) => a.duration - b.duration);
    const wanted = sorted.at(Math.floor(share * sorted.length))?.duration;
    const free = sorted.filter(({ id }) => chosen.every(({ utterance }) => utterance.id !== id));
    const others = free.filter(({ speaker }) => chosen.every(({ utterance }) => utterance.speaker !== speaker));
    const near = (others.length > 0 ? others : free).toSorted(
      (a, b) => Math.abs(a.duration - wanted!) - Math.abs(b.duration - wanted!),
    );
    if (near.length > 0)
      chosen.push({ title: `A ${kind} utterance, ${near[0].duration.toFixed(1)} s`, utterance: near[0] });
  }
  return chosen;
}
