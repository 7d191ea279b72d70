/**
 * @file Embeds a list of audio or features in jobs, without a recipe (`acanet embed … --out X.scp --executor slurm`).
 *
 *     X.scp                    all embeddings, in the order of the list; written last
 *     X/embeddings/*.ark       where they lie
 *     X/jobs                   scripts and logs
 */
import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { writeFileAtomic } from '../storage/atomic-write.js';
import type { EmbedInputsOptions } from '../tasks/embedding/embed-files.js';
import { hashOfInputs, listEmbeddingInputs } from '../tasks/embedding/input-lists.js';
import { realLibrary } from '../tasks/do-model-work.js';
import { EMBEDDINGS } from './artifacts/embed.js';
import type { ExecutorOptions } from './definition/executor-options.js';
import { createExecutor } from './executors/registry.js';
import { planStages } from './running/stage-runner.js';
import { lockWorkFolder } from './running/work-folder-lock.js';
import { stagesOf } from './stages/stages.js';
import type { Work } from './stages/work.js';

export interface EmbedInJobsOptions extends Omit<EmbedInputsOptions, 'library'> {
  executor: ExecutorOptions;
  /** `X.scp` */
  out: string;
  /** Only tells what would be done. */
  dryRun?: (text: string) => void;
}

/** @returns how many embeddings `out` names; undefined for a dry run */
export async function embedInJobs({
  inputs,
  modelDir,
  engine,
  asIs,
  otherRates,
  executor: options,
  out,
  dryRun,
  ...reporting
}: EmbedInJobsOptions): Promise<number | undefined> {
  if (!out.endsWith('.scp')) {
    throw new UserError(
      `--out ${out}: in jobs several archives are written, and a table of all embeddings\n` +
        `  name the table: --out ${out.replace(/\.\w+$/, '')}.scp`,
    );
  }
  const paths = inputs.map((input) => resolve(input)); // as jobs name them: audio is known by its path
  const listed = await listEmbeddingInputs(paths);
  const work: Work = {
    embedding: {
      name: basename(out, '.scp').replace(/[^\w.-]/g, '-'),
      inputs: paths,
      modelDir: resolve(modelDir),
      ...{ engine, asIs, otherRates },
      model: await realLibrary.identityOf(modelDir),
      list: hashOfInputs(listed),
    },
  };
  const workFolder = resolve(out.replace(/\.scp$/, ''));
  const stages = stagesOf(work, workFolder, realLibrary);
  const plans = planStages({ workFolder, stages });
  const executor = createExecutor({ executor: options });
  const execution = { ...reporting, work, workFolder, stages, plans, jobs: 1, onFinished: () => undefined };
  if (dryRun) {
    dryRun(executor.describe(execution));
    return undefined;
  }
  if (plans.some(({ action }) => action !== 'skip')) await executor.check(workFolder, reporting);
  else reporting.log(`all embeddings are there; to make them again, remove ${join(workFolder, 'embeddings')}`);
  const leave = lockWorkFolder(workFolder, '--out');
  try {
    await executor.run(execution);
    const table = readFileSync(join(workFolder, 'embeddings', EMBEDDINGS.table), 'utf8');
    writeFileAtomic(out, table);
    return table.split('\n').length - 1;
  } finally {
    leave();
  }
}
