/**
 * @file The recipe's `executor` section: where its work is done, and what a job may have. It changes no result, so no
 * stage's settings hold any of it.
 *
 *     executor: { type: slurm, partition: gpu, time: 12:00:00, cpus: 4, stages: { train: { gpus: 1 } } }
 *
 * The same section in the user's site file (`executors/site-file.ts`) says what holds of a site and not of a recipe.
 */
import { z } from 'zod';

export const executorTypes = ['local', 'slurm', 'command'] as const;
export type ExecutorType = (typeof executorTypes)[number];

/** What jobs do: each kind may have resources of its own. */
export const jobKinds = ['prep', 'features', 'train', 'embed', 'robustness', 'finish'] as const;
export type JobKind = (typeof jobKinds)[number];

/** The kinds whose work can be shared among jobs. */
export const sharedKinds = ['prep', 'features', 'embed', 'robustness'] as const satisfies JobKind[];
export type SharedKind = (typeof sharedKinds)[number];

const TIME = /^(\d+|\d+:\d\d|\d+:\d\d:\d\d|\d+-\d+(:\d\d){0,2})$/;
const TIMES = 'expected minutes, or a time such as 12:00:00 or 2-00:00:00';
const word = z.string().regex(/^\S+$/, 'expected a name without spaces');

const resources = z.strictObject({
  partition: word.optional(),
  account: word.optional(),
  /** The longest that a job may take: minutes, or as Slurm writes it. */
  time: z.union([z.int().positive(), z.string().regex(TIME, TIMES)], { error: TIMES }).optional(),
  /** Of a job, such as 8G. */
  memory: z
    .string()
    .regex(/^\d+[KMGT]?$/, 'expected a size such as 8G')
    .optional(),
  /** Of a job, which computes in as many threads unless the recipe says engine.threads. */
  cpus: z.int().positive().optional(),
  gpus: z.int().min(0).optional(),
  /** Further options of sbatch, each a word: `--qos=long`. */
  extra: z.array(word).optional(),
});
export type Resources = z.infer<typeof resources>;

/** Jobs that the work is shared among. */
const parts = z.int().min(1).max(1000).optional();

export const executorOptions = resources.extend({
  type: z.enum(executorTypes).optional(),
  /** Of a kind of jobs, over what stands above. */
  stages: z
    .strictObject({
      ...Object.fromEntries(jobKinds.map((kind) => [kind, resources.optional()])),
      ...Object.fromEntries(sharedKinds.map((kind) => [kind, resources.extend({ parts }).optional()])),
    })
    .optional(),
  /** Of the features, and of embeddings without a recipe. */
  parts,
  /** Jobs of one array at a time; absent: as many as the site allows. */
  atOnce: z.int().positive().optional(),
  /** Lines of shell that each job begins with: `module load node`. */
  setup: z.array(z.string().min(1)).optional(),
  /** The Node of the machines that the jobs run on; absent: the path of the one that submits them. */
  node: z.string().min(1).optional(),
  /** Of the type command: what runs jobs, in which words such as SCRIPT are replaced (`executors/command.ts`). */
  command: z.string().min(1).optional(),
});
export type ExecutorOptions = Omit<z.infer<typeof executorOptions>, 'stages'> & {
  stages?: Partial<Record<JobKind, Resources & { parts?: number }>>;
};

/** The section where there is nothing else: in a site file, or by options. */
export const executorAlone = z.strictObject({ executor: executorOptions.optional() });

/** Jobs that features, and embeddings without a recipe, are shared among where neither recipe nor site says. */
const PARTS = 4;

/** How many jobs share the work of a kind. @param byDefault whether they do where nobody asks for it */
export const partsOfKind = (
  { stages, parts }: ExecutorOptions,
  kind: SharedKind,
  byDefault = kind === 'features',
): number => stages?.[kind]?.parts ?? (byDefault ? (parts ?? PARTS) : 1);

/** A recipe's section over that of the site; another type takes nothing from the site's. */
export function overSite(own: ExecutorOptions = {}, site: ExecutorOptions = {}): ExecutorOptions {
  if (own.type !== undefined && site.type !== undefined && own.type !== site.type) return own;
  const stages = jobKinds.flatMap((kind) => {
    const merged = { ...site.stages?.[kind], ...own.stages?.[kind] };
    return Object.keys(merged).length > 0 ? [[kind, merged] as const] : [];
  });
  return { ...site, ...own, ...(stages.length > 0 && { stages: Object.fromEntries(stages) }) };
}

/** What a job of a kind may have. */
export function resourcesOf({ stages, ...common }: ExecutorOptions, kind: JobKind): Resources {
  const { partition, account, time, memory, cpus, gpus, extra } = common;
  const { parts: _, ...own } = stages?.[kind] ?? {};
  return { partition, account, time, memory, cpus, gpus, extra, ...own };
}
