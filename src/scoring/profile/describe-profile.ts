/** @file A scoring profile in words: on what the model was trained, and what its scores can be turned into. */
import { counted } from '../../problem-list.js';
import type { ScoringProfile } from './scoring-profile.js';

/** `trained on librispeech (English): 251 speakers, 5.1 hours, 16000 Hz` and so on, one fact a line. */
export function describeProfile(profile: ScoringProfile): string[] {
  const { scoring, development, calibration, noCalibration, embeddings } = profile;
  const norm = scoring.normalize === 'none' ? '' : `, ${scoring.normalize}`;
  const drawn = embeddings.drawn ? ' (drawn, for means and cohorts)' : '';
  return [
    describeTraining(profile.trained),
    ...(profile.trained.partial === undefined ? [] : [profile.trained.partial]),
    `scores: ${scoring.type}${norm}; ${counted(embeddings.utterances, 'embedding')} of ${counted(embeddings.speakers, 'training speaker')}${drawn}`,
    development
      ? `development: EER ${(100 * development.eer).toFixed(2)} % on ${development.trials} trials of ${counted(development.speakers, 'speaker')}`
      : 'development: no trials of both kinds',
    calibration
      ? `calibration: llr = ${calibration.offset.toPrecision(4)} + ${calibration.weight.toPrecision(4)} · score${calibration.separable ? ', of arbitrary scale: the development trials are separated without error, equal scores aside' : ''}`
      : `no calibration: ${noCalibration}`,
  ];
}

/** `trained on librispeech (English): 251 speakers, 2800 utterances, 5.1 hours, 16000 Hz` */
export function describeTraining({
  corpora,
  language,
  speakers,
  utterances,
  hours,
  sampleRates,
}: ScoringProfile['trained']): string {
  const spoken = language === undefined ? '' : ` (${language})`;
  const rates = sampleRates.map((rate) => `${rate} Hz`).join(', ');
  const length = hours < 10 ? hours.toFixed(2) : String(Math.round(hours));
  return `trained on ${corpora.join(', ')}${spoken}: ${counted(speakers, 'speaker')}, ${counted(utterances, 'utterance')}, ${length} hours, ${rates}`;
}
