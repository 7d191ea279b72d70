/** @file What a model is not good for, in sentences, from what is known of its training. */
import { counted } from '../../problem-list.js';
import type { ScoringProfile } from './scoring-profile.js';

/** Published systems have heard thousands of voices; from a thousand on nothing is said. */
const MANY_SPEAKERS = 1000;

/** @param profile absent: nothing is known of the training */
export function modelLimits(profile: ScoringProfile | undefined): string[] {
  return [...(profile ? ofTraining(profile) : [UNKNOWN]), ...ALWAYS];
}

const UNKNOWN = 'On what it was trained is not known here, so nobody can say for whom it works.';

const ALWAYS = [
  'It does not notice speech that is played back, imitated, converted or made by a machine.',
  'It is a research tool. Nobody should be accused, admitted or refused because of its answer alone.',
];

function ofTraining({ trained, development }: ScoringProfile): string[] {
  const { corpora, language, speakers, augmented, sampleRates } = trained;
  const artificial = corpora.every((name) => name === 'synth');
  const lowest = Math.min(...sampleRates);
  return [
    ...(artificial
      ? ['It was trained on artificial voices: it shows how this works, and says little about people.']
      : []),
    ...(speakers < MANY_SPEAKERS
      ? [`It has heard ${counted(speakers, 'speaker')}. Good systems have heard thousands: expect many more errors.`]
      : []),
    ...(artificial ? [] : [languageLimit(language)]),
    ...(augmented
      ? []
      : [
          'It was trained on speech as it was recorded: other rooms, noise, other microphones and telephones mislead it.',
        ]),
    ...(lowest < 16000 ? [] : ['Telephone speech (up to 4 kHz) is not what it was trained on.']),
    'Short speech, under 3 seconds, says little about a voice.',
    ...(development && development.speakers < 50
      ? [`How sure its answers are was learned from ${counted(development.speakers, 'speaker')} only.`]
      : []),
  ];
}

const languageLimit = (language: string | undefined): string =>
  language === undefined
    ? 'Which languages it has heard is not recorded; in others it makes more errors.'
    : `It has heard ${language}; in other languages it makes more errors.`;
