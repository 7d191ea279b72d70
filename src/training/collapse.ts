/**
 * @file Notices when a network stops telling utterances apart, judges the cause from the instruments, and says what to
 * set.
 *
 * What was seen to go wrong in ACA-Net, each with the reading that tells it from the others (docs/training-aca-net.md):
 * - the latents start so small that all of them attend alike: the attention's diversity is near 0 from the first step;
 * - all values of the embedding rise and fall together: the spectrum's first direction is (1, …, 1);
 * - too high a learning rate makes attention lock on single frames: its entropy falls towards 0;
 * - else few directions are left (`spread`), and settings and gradients must tell why.
 */
import type { AugmentationOptions } from '../features/augmentation/options.js';
import { sceneTechniques } from '../features/augmentation/options.js';
import type { FeatureOptions } from '../features/options.js';
import type { SpeakerModel } from '../models/contract/model.js';
import { collapseRemedies, type ModelOptions } from '../models/registry.js';
import type { AttentionFigures, Readings } from './instruments.js';
import type { MetricsRow } from './metrics-log.js';
import type { MarginScheduleOptions, ScheduleOptions } from './optimisation/schedule.js';

/** Below this participation ratio a network that should tell dozens of speakers apart has collapsed. */
const SPREAD = 3;
/** In the first epoch healthy networks pass through lower values: ECAPA-TDNN 1.8 after 10 steps. */
const EARLY_SPREAD = 1.5;
/**
 * Share of the crops whose speaker is recognised above which a low spread is no collapse, as one direction cannot tell
 * dozens of speakers apart. Healthy ECAPA-TDNNs had a spread of 1.2 to 1.5 after an epoch, with 44 to 48 %.
 */
const LEARNING = 0.2;
/** Diversity of attention below which all latents look at the same: 2e-5 from latents of std 0.02, 0.08 from std 2. */
const ALIKE = 0.01;
/** Entropy of attention below which it has locked on single frames; in healthy networks it was 0.7 and more. */
const LOCKED = 0.05;
/** Share of the variance along (1, …, 1) above which it is the embedding's chief direction. */
const COMMON = 0.5;
/** Growth of the gradients' norm, over the first that was logged, that speaks of a diverging training. */
const GROWTH = 3;

export interface CollapseContext {
  readonly model: SpeakerModel;
  /** For advice on the model's own options; absent: none is given. */
  readonly modelOptions?: ModelOptions;
  /** The run's name in the recipe, as in `aca-net` or `aca-net@2`. */
  readonly name?: string;
  readonly training: {
    readonly schedule: ScheduleOptions;
    readonly loss: { readonly type?: string; readonly margin?: MarginScheduleOptions };
  };
  readonly augmentation: AugmentationOptions | null;
  readonly features: Pick<FeatureOptions, 'normalize'>;
}

export interface CollapseWatch {
  /** Takes the rows of `metrics.jsonl` one after the other. @returns warnings, each cause once */
  observe(row: MetricsRow): string[];
}

interface Finding {
  readonly cause: string;
  /** What was measured, and the limit. */
  readonly seen: string;
  readonly likely: string;
  /** `--set` options. */
  readonly sets: string[];
}

/** What the rows so far have said. */
interface History {
  accuracy?: number;
  firstGradNorm?: number;
  gradNorm?: number;
  margin: number;
  highestSpread: number;
}

export function createCollapseWatch(context: CollapseContext): CollapseWatch {
  const warned = new Set<string>();
  const history: History = { margin: 0, highestSpread: 0 };
  return {
    observe(row) {
      if (typeof row.gradNorm === 'number') {
        history.firstGradNorm ??= row.gradNorm;
        history.gradNorm = row.gradNorm;
        history.margin = typeof row.margin === 'number' ? row.margin : 0;
      }
      if (typeof row.accuracy === 'number') history.accuracy = row.accuracy;
      const readings = row.instruments as Readings | undefined;
      if (!readings) return [];
      const now = { ...context, step: row.step, history };
      const found = judge(readings, now);
      // A spread that stays low after a cause was named needs no other one.
      if (found.length === 0 && warned.size === 0) found.push(...judgeSpread(readings, now, row.devEer === undefined));
      history.highestSpread = Math.max(history.highestSpread, readings.spread);
      const fresh = found.filter(({ cause }) => !warned.has(cause));
      for (const { cause } of fresh) warned.add(cause);
      return fresh.map(({ seen, likely, sets }) => {
        const advice = sets.length > 0 ? `\n  try ${sets.map((set) => `--set ${set}`).join(' or ')}` : '';
        return `warning: ${seen}\n  likely cause: ${likely}${advice}`;
      });
    },
  };
}

type Judged = CollapseContext & { readonly step: number; readonly history: History };

/** The causes that the instruments show. */
function judge({ spread, common, attention }: Readings, context: Judged): Finding[] {
  const { model, step } = context;
  const findings: Finding[] = [];
  const latents = (model.frameAttention ?? []).filter(({ rows }) => rows === 'latents');
  const seenBy = latents.flatMap(({ name, title }) => (name in attention ? [{ title, ...attention[name] }] : []));
  const diversities = seenBy.flatMap(({ diversity }) => diversity ?? []);
  const alike = Math.max(...diversities);
  const locked = seenBy.find(({ entropy }) => entropy < LOCKED);
  if (diversities.length > 0 && alike < ALIKE) findings.push(latentsAlike(seenBy, alike, context));
  else if (locked) {
    findings.push({
      cause: 'locked',
      seen: `${when(step)} the attention of ${locked.title} looks at single frames only: its entropy is ${shown(locked.entropy)}, where 1 means all frames alike (limit ${LOCKED})`,
      likely: 'the learning rate is too high',
      sets: lowerRate(context, 4),
    });
  }
  if (common > COMMON && spread < SPREAD) {
    const set = context.modelOptions && collapseRemedies(context.modelOptions).valuesAlike?.(context.modelOptions);
    findings.push({
      cause: 'common',
      seen:
        `${when(step)} the embeddings use only about ${spread.toFixed(1)} directions (limit ${SPREAD}): ` +
        `in ${(100 * common).toFixed(0)} % of their variance all values rise and fall together (limit ${100 * COMMON} %)`,
      likely:
        'the same linear map makes every value of the embedding, so what the latents have in common outweighs their differences',
      sets: set ? [inModel(context, set)] : lowerRate(context, 2),
    });
  }
  return findings;
}

/**
 * A low spread that the instruments do not explain. Before the first step it is no fault of the training, within the
 * first epoch the accuracy must be known.
 */
function judgeSpread({ spread, utterances }: Readings, context: Judged, early: boolean): Finding[] {
  const { step, history } = context;
  if (step === 0 || (early && history.accuracy === undefined)) return [];
  if (history.accuracy !== undefined && history.accuracy > LEARNING) return [];
  const limit = Math.min(early ? EARLY_SPREAD : SPREAD, (utterances - 1) / 4);
  return spread < limit ? [fewDirections(spread, limit, context)] : [];
}

function latentsAlike(seenBy: readonly AttentionFigures[], diversity: number, context: Judged): Finding {
  const { modelOptions, step } = context;
  const entropies = seenBy.map(({ entropy }) => entropy.toFixed(2)).join(' ');
  const seen =
    `${when(step)} all latents attend to the same frames: the diversity of their attention is ${shown(diversity)} ` +
    `(limit ${ALIKE}), its entropy ${entropies} (1 means all frames alike)`;
  const remedy = modelOptions && collapseRemedies(modelOptions).latentsAlike?.(modelOptions);
  if (!remedy) return { cause: 'alike', seen, likely: 'the queries are too small', sets: [] };
  return { cause: 'alike', seen, likely: remedy.likely, sets: [inModel(context, remedy.set)] };
}

function fewDirections(spread: number, limit: number, context: Judged): Finding {
  const { step, history, augmentation, features, training } = context;
  const { firstGradNorm = NaN, gradNorm = NaN, highestSpread, margin } = history;
  const before = highestSpread > 2 * spread ? `, from ${highestSpread.toFixed(1)} earlier` : '';
  const seen = `${when(step)} the embeddings use only about ${spread.toFixed(1)} directions${before} (limit ${shown(limit)})`;
  if (gradNorm > GROWTH * firstGradNorm) {
    const grown = `the learning rate is too high, as the norm of the gradients has grown from ${shown(firstGradNorm)} to ${shown(gradNorm)}`;
    return { cause: 'gradient', seen, likely: grown, sets: lowerRate(context, 3) };
  }
  if (features.normalize === 'global' && augmentation && sceneTechniques.some((name) => augmentation[name])) {
    const likely =
      'noise and reverberation change the mean of each utterance, and features.normalize: global does not remove that';
    return { cause: 'noise', seen, likely, sets: ['features.normalize=mean'] };
  }
  if (before && margin > 0 && training.loss.margin?.type !== 'constant') {
    const likely =
      'the margin began before the network could tell the speakers apart, or the learning rate is too high';
    const later = `${inTraining(context, 'loss.margin.start')}='30 %'`;
    return { cause: 'margin', seen, likely, sets: [later, ...lowerRate(context, 3)] };
  }
  const likely = 'if this number does not rise in the next epochs, the learning rate is too high';
  return { cause: 'few', seen, likely, sets: lowerRate(context, 3) };
}

/** The `--set` option that divides the highest learning rate. */
function lowerRate(context: CollapseContext, divisor: number): string[] {
  const { schedule } = context.training;
  const [key, rate] =
    schedule.type === 'constant'
      ? ['lr', schedule.lr]
      : schedule.type === 'cyclic'
        ? ['max', schedule.max]
        : schedule.type === 'warmup-cosine'
          ? ['peak', schedule.peak]
          : ['initial', schedule.initial];
  return [`${inTraining(context, `schedule.${key}`)}=${(rate / divisor).toExponential(0)}`];
}

const when = (step: number) =>
  step === 0 ? 'before the first step' : Number.isFinite(step) ? `after step ${step}` : 'in this model';
/** The system that can be set: not one run of it, nor a variant that a grid makes of it. */
const inSystem = ({ name }: CollapseContext) => `systems.${(name ?? 'NAME').replace(/[@+].*$/, '')}`;
const inModel = (context: CollapseContext, assignment: string) => `${inSystem(context)}.model.${assignment}`;
const inTraining = (context: CollapseContext, key: string) => `${inSystem(context)}.training.${key}`;
const shown = (value: number) => String(Number(value.toPrecision(2)));
