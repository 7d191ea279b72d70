/** @file Comparisons of voices in words that need no knowledge of the field. */
import type { PairDecision } from '../../scoring/profile/decide-pair.js';
import { describeTraining } from '../../scoring/profile/describe-profile.js';
import { describeRatio } from '../../scoring/profile/describe-ratio.js';
import { counted } from '../../problem-list.js';
import { formatTable } from '../../report/text/table.js';
import type { Enrolled } from './enroll-voice.js';
import type { Identified } from './identify-voice.js';
import type { Verified } from './verify-files.js';

export function describeVerification({
  score,
  backend,
  decision,
  noCalibration,
  trained,
  limits,
  notes,
}: Verified): string {
  return [
    ...(decision ? [verdictOf(decision)] : []),
    `score: ${formatScore(score)} (${backend}${backend === 'cosine' ? ', from -1 to 1' : ''}; higher is more alike)`,
    ...(decision?.llr === undefined ? [] : [`evidence: ${describeRatio(decision.llr)}`]),
    ...(decision ? [describeThreshold(decision)] : []),
    ...(noCalibration === undefined ? [] : [noCalibration]),
    ...(trained ? [`The model was ${describeTraining(trained)}.`] : []),
    ...limits.map((limit) => `- ${limit}`),
    ...notes.map((note) => `! ${note}`),
  ].join('\n');
}

const verdictOf = ({ same }: PairDecision) =>
  same
    ? 'These are the same speaker, as far as the model can tell.'
    : 'These are two speakers, as far as the model can tell.';

const formatScore = (score: number): string => (Math.abs(score) < 10 ? score.toFixed(4) : score.toFixed(2));

/** What is accepted, and how often that was wrong on the development trials. */
function describeThreshold({ threshold, pTarget, cMiss, cFalseAlarm, errors }: PairDecision): string {
  const prior =
    pTarget === 0.5
      ? 'if one speaker is as likely as two before listening'
      : `if ${Number((100 * pTarget).toPrecision(3))} % of such pairs are of one speaker`;
  const costs = cMiss === cFalseAlarm ? '' : `, a wrong rejection costs ${cMiss} and a wrong acceptance ${cFalseAlarm}`;
  const rule =
    threshold === null
      ? `threshold: nothing is accepted, ${prior}${costs}: rejecting all costs least.`
      : `threshold: the same speaker from a score of ${formatScore(threshold)} on, ${prior}${costs}.`;
  if (!errors) return rule;
  return `${rule} On the model's development trials, ${percent(errors.miss)} of pairs of one speaker were rejected, and ${percent(errors.falseAlarm)} of pairs of two accepted.`;
}

export function describeEnrolled({ name, file, recordings, seconds, notes }: Enrolled): string {
  const what = `${name} is enrolled with ${counted(recordings, 'recording')}, ${seconds.toFixed(1)} s: ${file}`;
  return [what, ...notes.map((note) => `! ${note}`)].join('\n');
}

/** The name, or that it is none, and the candidates that come nearest. @param most how many of them */
export function describeIdentified(identified: Identified, most: number): string {
  const { speaker, decision, noCalibration, voices, candidates, notes } = identified;
  const [best] = candidates;
  const verdict =
    speaker === undefined
      ? `The nearest of the ${counted(voices, 'enrolled voice')} is ${best.name}.`
      : speaker === null
        ? `This is none of the ${counted(voices, 'enrolled voice')}, as far as the model can tell; ${best.name} is the nearest.`
        : `This is ${speaker}, as far as the model can tell, of ${counted(voices, 'enrolled voice')}.`;
  const rows = candidates
    .slice(0, most)
    .map(({ name, score, llr }) => [name, formatScore(score), llr === undefined ? '' : llr.toFixed(2)]);
  const titles = [{ title: 'voice' }, { title: 'score', align: 'right' as const }];
  const ratio = best.llr === undefined ? [] : [{ title: 'log-likelihood ratio', align: 'right' as const }];
  const columns = [...titles, ...ratio];
  return [
    verdict,
    formatTable(
      columns,
      rows.map((row) => row.slice(0, columns.length)),
    ).trimEnd(),
    ...(decision?.llr === undefined ? [] : [`${best.name}: ${describeRatio(decision.llr)}`]),
    ...(decision && decision.threshold !== null
      ? [`A name is given from a score of ${formatScore(decision.threshold)} on.`]
      : []),
    ...(noCalibration === undefined ? [] : [noCalibration]),
    ...notes.map((note) => `! ${note}`),
  ].join('\n');
}

const percent = (rate: number) => `${Number((100 * rate).toPrecision(2))} %`;
