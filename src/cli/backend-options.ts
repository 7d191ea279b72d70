/** @file The options of a back-end: for a recipe they change its `scoring`, for a model folder what the folder says. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Located } from '../configuration/located-yaml.js';
import type { ScoringOptions } from '../scoring/backend/backend-options.js';

export interface BackendFlags {
  backend?: string;
  subtractMean?: string;
  lda?: string;
  wccn?: boolean;
  normalize?: string;
  cohort?: string;
  top?: string;
}

/** Adds --backend, --subtract-mean, --lda, --wccn, --normalize, --cohort, --top. */
export const withBackendOptions = (command: Command): Command =>
  command
    .option('--backend <type>', 'cosine or plda (scoring.type)')
    .option('--subtract-mean <set>', 'none, or the mean of train or cohort (scoring.subtractMean)')
    .option('--lda <dimensions>', 'reduce embeddings by LDA; null: not (scoring.lda)')
    .option('--wccn', 'within-class covariance normalisation (scoring.wccn)')
    .option('--no-wccn', 'without it')
    .option('--normalize <how>', 'none, z-norm, t-norm, s-norm or as-norm (scoring.normalize)')
    .option('--cohort <who>', 'training utterances, speakers, or an archive of embeddings X.ark (scoring.cohort)')
    .option('--top <n>', 'highest cohort scores that as-norm takes (scoring.top)');

/** A setting of `scoring` that a flag gives. */
interface GivenSetting {
  flag: string;
  key: string;
  value: string | boolean;
}

function givenSettings({ backend, subtractMean, lda, wccn, normalize, cohort, top }: BackendFlags): GivenSetting[] {
  const set = (flag: string, key: string, value: string | boolean | undefined): GivenSetting[] =>
    value === undefined ? [] : [{ flag, key, value }];
  const group = cohort === 'utterances' || cohort === 'speakers';
  return [
    ...set('--backend', 'type', backend),
    ...set('--subtract-mean', 'subtractMean', subtractMean),
    ...set('--lda', 'lda', lda),
    ...set('--wccn', 'wccn', wccn),
    ...set('--normalize', 'normalize', normalize),
    ...set('--cohort', 'cohort.from', cohort === undefined ? undefined : group ? 'train' : resolve(cohort)),
    ...set('--cohort', 'cohort.of', group ? cohort : undefined),
    ...set('--top', 'top', top),
  ];
}

/** The overrides of a recipe that the flags stand for. */
export const backendSets = (flags: BackendFlags): string[] =>
  givenSettings(flags).map(({ key, value }) => `scoring.${key}=${value}`);

/** The back-end of a model folder, or the plain one, with what the flags change. @throws UserError for wrong flags */
export async function backendFrom(flags: BackendFlags): Promise<(own: ScoringOptions | undefined) => ScoringOptions> {
  const [{ scoringOptions }, { checkLocated }] = await Promise.all([
    import('../scoring/backend/backend-options.js'),
    import('../configuration/schema-errors.js'),
  ]);
  const settings = givenSettings(flags);
  const cohort = settings.filter(({ key }) => key.startsWith('cohort.'));
  const located = ({ flag, value }: GivenSetting): Located => ({ at: `${flag} ${value}`, value: valueOf(value) });
  const entries = settings.filter((each) => !cohort.includes(each)).map((each) => [each.key, located(each)] as const);
  const cohortEntries = cohort.map((each) => [each.key.slice('cohort.'.length), located(each)] as const);
  const root = new Map<string, Located>(entries);
  if (cohort.length > 0) root.set('cohort', { at: '--cohort', value: new Map(cohortEntries) });
  const parsed = checkLocated(scoringOptions, { at: 'options', value: root });
  return (own) => {
    if (!own) return parsed;
    const changed = Object.fromEntries(Object.entries(parsed).filter(([key]) => key !== 'cohort' && root.has(key)));
    return { ...own, ...changed, ...(cohort.length > 0 && { cohort: parsed.cohort }) };
  };
}

/** As YAML would read it in a recipe. */
function valueOf(text: string | boolean): string | boolean | number | null {
  if (typeof text === 'boolean') return text;
  if (text === 'null') return null;
  return /^\d+$/.test(text) ? Number(text) : text;
}
