/**
 * @file The terms of the field that reports and tables use, each with what it means in a sentence or two of plain
 * words.
 */

export interface GlossaryTerm {
  readonly term: string;
  /** Other ways in which a text may write it; case counts. */
  readonly forms?: readonly string[];
  readonly meaning: string;
}

/** In alphabetical order. */
export const glossary: readonly GlossaryTerm[] = [
  {
    term: 'actDCF',
    meaning:
      'The detection cost that a system really has when its calibrated scores are compared with the threshold that the costs call for. It is never below minDCF; what lies between them is lost by calibration.',
  },
  {
    term: 'attention entropy',
    forms: ['evenness of the attention', 'evenness'],
    meaning:
      'How evenly a layer spreads its attention over time. At 1 all frames count alike, as in a plain mean; near 0 a single frame counts.',
  },
  {
    term: 'baseline',
    meaning: 'The system that the others are compared with.',
  },
  {
    term: 'Cllr',
    meaning:
      'The cost of using the scores as log-likelihood ratios, in bits. 0 is perfect; 1 is what a system without any knowledge has.',
  },
  {
    term: 'common direction',
    meaning:
      'The share of the variance of the embeddings in which all their values rise and fall together. A high share is a sign that the network collapses.',
  },
  {
    term: 'DET curve',
    forms: ['Detection-error trade-off'],
    meaning: 'Misses against false alarms, for every threshold that could be chosen.',
  },
  {
    term: 'development trials',
    forms: ['development EER', 'Development EER'],
    meaning:
      'Trials of speakers who are held out of training. Settings and checkpoints are chosen by them, so that the test trials stay unseen.',
  },
  {
    term: 'EER',
    forms: ['EERs', 'equal error rate', 'equal error rates'],
    meaning:
      'Equal error rate: the share of wrong decisions at the threshold where as many target trials are rejected as nontarget trials are accepted, in per cent of each. Lower is better.',
  },
  {
    term: 'embedding',
    forms: ['embeddings'],
    meaning: 'The list of numbers that a network makes of an utterance. Those of one speaker should be alike.',
  },
  {
    term: 'epoch',
    forms: ['epochs'],
    meaning: 'One pass of the training over its data.',
  },
  {
    term: 'false alarms',
    forms: ['false alarm', 'false-alarm rate'],
    meaning: 'Nontarget trials that are accepted: two speakers are taken for one.',
  },
  {
    term: 'gradient',
    forms: ['gradients', 'Gradients', 'gradient norm', 'Gradient norm'],
    meaning:
      'How the loss changes with each parameter. Its norm says how large the next step of the training wants to be.',
  },
  {
    term: 'interval',
    forms: ['95 % interval', '95 % intervals', 'intervals'],
    meaning:
      'The range in which the true value plausibly lies, given how few speakers (and trainings) were measured. A 95 % interval contains it in about 95 of 100 such experiments.',
  },
  {
    term: 'largest direction',
    meaning:
      'The share of the variance of the embeddings that lies along one direction. Near 100 % all embeddings lie on a line, and the network tells few speakers apart.',
  },
  {
    term: 'latents',
    forms: ['latent'],
    meaning: 'The vectors of ACA-Net that look at the frames of an utterance and gather what they find there.',
  },
  {
    term: 'MACs',
    forms: ['multiply-accumulates'],
    meaning:
      'Multiply-accumulate operations: how many multiplications with an addition the network does for an utterance.',
  },
  {
    term: 'minCllr',
    meaning: 'The Cllr that is left when the scores are calibrated as well as can be.',
  },
  {
    term: 'minDCF',
    meaning:
      'The lowest detection cost over all thresholds, where targets are as rare as the number in brackets says: 0.01 is one trial in a hundred. 1 is the cost of always saying no. Lower is better.',
  },
  {
    term: 'misses',
    forms: ['miss'],
    meaning: 'Target trials that are rejected: a speaker is not recognised.',
  },
  {
    term: 'nontarget trial',
    forms: ['nontarget trials'],
    meaning: 'A trial whose two utterances are of different speakers.',
  },
  {
    term: 'p-value',
    forms: ['p-values', 'p ='],
    meaning:
      'How often a difference at least as large as the one seen would arise by chance, if the systems were equally good. Below 0.05 it is usually taken for real.',
  },
  {
    term: 'points',
    meaning: 'Percentage points: from 4 % to 5 % is one point.',
  },
  {
    term: 'probit axes',
    forms: ['probit'],
    meaning: 'Axes that stretch small and large rates, so that normally distributed scores give a straight line.',
  },
  {
    term: 'real-time factor',
    meaning: 'Seconds of computing for a second of speech. Below 1 the computer is faster than the speaker.',
  },
  {
    term: 'seed',
    forms: ['seeds'],
    meaning:
      'The number that all randomness of a training starts from. Another seed gives another training of the same system.',
  },
  {
    term: 'spread',
    forms: ['Spread of the embeddings', 'spread of the embeddings'],
    meaning:
      'How many directions the embeddings use, as one number. It should rise in training; near 1 all embeddings are alike and the network has collapsed.',
  },
  {
    term: 'target trial',
    forms: ['target trials'],
    meaning: 'A trial whose two utterances are of the same speaker.',
  },
  {
    term: 'threshold',
    forms: ['thresholds'],
    meaning: 'The score from which on a system says that two utterances are of the same speaker.',
  },
  {
    term: 'trial',
    forms: ['trials'],
    meaning: 'One question to a system: are these two utterances of the same speaker? It answers with a score.',
  },
  {
    term: 'UMAP',
    meaning: 'A method that draws vectors of many dimensions on a plane and keeps near ones near.',
  },
];
