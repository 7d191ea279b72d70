/** @file `acanet score LIST` with a model folder, or with embeddings: any list, any audio, no recipe. */
import { basename, extname, join } from 'node:path';
import type { RatePolicy } from '../features/options.js';
import type { ScoredList } from '../tasks/scoring/score-list.js';
import { backendFrom, type BackendFlags } from './backend-options.js';
import { listenForInterruption } from './interruption.js';
import { findModel } from './model-folder.js';
import { createTalk, print, printJson } from './output.js';
import { engineOf, isModelFolder, type RecipeFlags } from './recipe-options.js';

export interface ScoreAnyFlags extends RecipeFlags, BackendFlags {
  model?: string;
  manifest: string[];
  embeddings: string[];
  enrollMap?: string;
  calibrate?: boolean;
  otherRates?: RatePolicy;
  out?: string;
}

/** Whether a call is about a list of one's own, over recordings that it names, rather than a recipe's. */
export const isAnyList = ({ model, manifest, embeddings }: ScoreAnyFlags): boolean =>
  manifest.length + embeddings.length > 0 || (model !== undefined && isModelFolder(model));

export async function scoreAny(list: string | undefined, flags: ScoreAnyFlags): Promise<void> {
  const { manifest: audio, embeddings } = flags;
  const { UserError } = await import('../errors.js');
  if (list === undefined)
    throw new UserError('expected a trial list: acanet score LIST --model DIR --manifest M.jsonl');
  if (audio.length + embeddings.length === 0) {
    throw new UserError(
      `where are the recordings of ${list}?\n` +
        '  name them with --manifest (M.jsonl, wav.scp, a folder), or their embeddings with --embeddings X.ark',
    );
  }
  const scoringFor = await backendFrom(flags);
  const model =
    flags.model === undefined && flags.recipe === undefined
      ? { engine: await engineOf(flags) }
      : await findModel(flags);
  const { modelDir, engine } = { modelDir: undefined, ...model };
  const named = modelDir === undefined ? 'embeddings' : basename(modelDir);
  const out = flags.out ?? join(flags.work, 'scored', `${withoutExtension(list)}-${named}`);
  const [{ checkWritable }, { scoreList, whyNoFigures }, { describeScores }] = await Promise.all([
    import('../storage/make-folder.js'),
    import('../tasks/scoring/score-list.js'),
    import('../scoring/measures/evaluation.js'),
  ]);
  checkWritable(out);
  const talk = createTalk();
  try {
    const scored = await scoreList({
      ...talk,
      ...{ list, modelDir, engine, audio, embeddings, scoringFor, out },
      enrollMap: flags.enrollMap,
      outByDefault: flags.out === undefined,
      calibrate: flags.calibrate ?? false,
      otherRates: flags.otherRates,
      cacheDir: join(flags.work, 'scored', '.embeddings'),
      signal: listenForInterruption(),
    });
    talk.stop();
    if (flags.json) printJson(scored);
    else print(linesOf(scored, { whyNoFigures, describeScores }).join('\n'));
  } finally {
    talk.stop();
  }
}

/** `lists/veri_test.txt.gz` → `veri_test` */
function withoutExtension(list: string): string {
  const name = list === '-' ? 'stdin' : basename(list).replace(/\.gz$/, '');
  return name.slice(0, name.length - extname(name).length) || name;
}

function linesOf(
  scored: ScoredList,
  words: {
    whyNoFigures: (scored: ScoredList) => string | undefined;
    describeScores: (evaluation: NonNullable<ScoredList['evaluation']>) => string;
  },
): string[] {
  const { folder, evaluation, llrs, calibrated } = scored;
  const figures = evaluation ? words.describeScores(evaluation) : words.whyNoFigures(scored)!;
  return [
    join(folder, 'scores.txt'),
    figures,
    ...(llrs === undefined ? [] : [llrs]),
    ...(calibrated ? [words.describeScores(calibrated)] : []),
  ];
}
