/**
 * @file Scores a trial list with a system of a recipe: the recipe's test trials, its development trials, or a list of
 * the user's own over utterances of the manifest.
 */
import { existsSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { readManifest } from '../corpus/manifest.js';
import { checkTrials, describeTrials, readTrials } from '../corpus/trials.js';
import { UserError } from '../errors.js';
import type { Evaluation } from '../scoring/evaluation.js';
import { readEmbeddings } from './embedding-archive.js';
import type { Library, Reporting } from './library.js';
import { realLibrary } from './real-library.js';
import { embedCached } from './stage-embed.js';
import { scoreTrials } from './stage-score.js';
import type { Experiment } from './work-folder.js';

export interface ScoreTrialListOptions extends Reporting {
  experiment: Experiment;
  /** Its stage `score/<system>` must be up to date. */
  system: string;
  /** A file, or the name of one of the recipe's own lists. */
  trials: string;
  /** Folder of the results. Default: `score/<system>` for the test trials, else a folder in it named by the list. */
  out?: string;
  library?: Pick<Library, 'openEmbedder'>;
}

export async function scoreTrialList({
  experiment: { folder: workFolder, recipe },
  system,
  trials: given,
  out,
  library = realLibrary,
  ...reporting
}: ScoreTrialListOptions): Promise<{ folder: string; evaluation: Evaluation }> {
  const prep = join(workFolder, 'prep');
  const path = findTrials(given, prep);
  const own = resolve(path) === resolve(prep, 'trials.txt');
  const name = basename(path, extname(path));
  const folder = out ?? join(workFolder, 'score', own ? system : `${system}-${name}`);
  const trials = readTrials(path);
  const utterances = readManifest(join(prep, 'manifest.jsonl'));
  const summary = checkTrials(trials, new Set(utterances.map(({ id }) => id)), path);
  reporting.log(`${path}: ${describeTrials(summary)}`);
  const embeddings = readEmbeddings(join(workFolder, 'embed', system, 'embeddings.ark'));
  const ids = [...new Set(trials.flatMap(({ enroll, test }) => [enroll, test]))].filter((id) => !embeddings.has(id));
  if (ids.length > 0) {
    const modelDir = join(workFolder, 'average', system);
    const embedder = await library.openEmbedder({ modelDir, engine: recipe.engine });
    const more = await embedCached({ ...reporting, embedder, cacheDir: join(workFolder, 'features'), ids });
    await embedder.close();
    for (const [id, embedding] of more.embeddings) embeddings.set(id, embedding);
  }
  return { folder, evaluation: scoreTrials({ trials, embeddings, folder }) };
}

/** A file of that name, else the recipe's own list of that name. */
function findTrials(given: string, prep: string): string {
  if (existsSync(given)) return given;
  const own = join(prep, given);
  if (existsSync(own)) return own;
  throw new UserError(
    `${given}: no such trial list, neither here nor in ${prep}\n  give a file of \`enroll test target|nontarget\` lines`,
  );
}
