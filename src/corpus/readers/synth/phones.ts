/**
 * @file A small phone inventory: formants, durations and sources of about thirty speech sounds.
 *
 * Vowel formants are the men's averages of Peterson & Barney (1952); consonant targets are textbook values of the kind
 * that formant synthesisers use (Klatt, 1980). Frequencies in Hz for a vocal tract of 17.5 cm, durations in seconds.
 */

export type PhoneKind = 'vowel' | 'approximant' | 'nasal' | 'fricative' | 'aspirate' | 'plosive';

export interface Phone {
  name: string;
  kind: PhoneKind;
  /** F1, F2, F3; for plosives the locus from which the neighbours' formants come. */
  formants: readonly [number, number, number];
  duration: number;
  voiced: boolean;
  /** Noise of a constriction or of a burst: a band, its width, and its level (1 = as loud as a vowel). */
  noise?: { centre: number; width: number; level: number };
}

const vowel = (name: string, f1: number, f2: number, f3: number, duration: number): Phone => ({
  name,
  kind: 'vowel',
  formants: [f1, f2, f3],
  duration,
  voiced: true,
});

const consonant = (
  name: string,
  kind: PhoneKind,
  voiced: boolean,
  formants: readonly [number, number, number],
  duration: number,
  noise?: readonly [centre: number, width: number, level: number],
): Phone => ({
  name,
  kind,
  voiced,
  formants,
  duration,
  ...(noise ? { noise: { centre: noise[0], width: noise[1], level: noise[2] } } : {}),
});

export const vowels: readonly Phone[] = [
  vowel('i', 270, 2290, 3010, 0.12),
  vowel('I', 390, 1990, 2550, 0.08),
  vowel('E', 530, 1840, 2480, 0.1),
  vowel('ae', 660, 1720, 2410, 0.14),
  vowel('a', 730, 1090, 2440, 0.14),
  vowel('O', 570, 840, 2410, 0.14),
  vowel('U', 440, 1020, 2240, 0.08),
  vowel('u', 300, 870, 2240, 0.12),
  vowel('V', 640, 1190, 2390, 0.08),
  vowel('@', 500, 1500, 2500, 0.06),
  vowel('r=', 490, 1350, 1690, 0.12),
];

export const onsets: readonly Phone[] = [
  consonant('m', 'nasal', true, [280, 1000, 2200], 0.07),
  consonant('n', 'nasal', true, [280, 1600, 2600], 0.06),
  consonant('w', 'approximant', true, [290, 610, 2150], 0.06),
  consonant('j', 'approximant', true, [260, 2070, 3020], 0.06),
  consonant('l', 'approximant', true, [360, 1100, 2600], 0.06),
  consonant('r', 'approximant', true, [310, 1060, 1380], 0.07),
  consonant('s', 'fricative', false, [320, 1600, 2600], 0.11, [6000, 2500, 1.2]),
  consonant('S', 'fricative', false, [300, 1840, 2750], 0.11, [3300, 1500, 1.4]),
  consonant('f', 'fricative', false, [340, 1100, 2080], 0.09, [4500, 6000, 0.3]),
  consonant('z', 'fricative', true, [290, 1600, 2600], 0.08, [6000, 2500, 0.7]),
  consonant('v', 'fricative', true, [300, 1100, 2080], 0.06, [4500, 6000, 0.15]),
  consonant('h', 'aspirate', false, [500, 1500, 2500], 0.06),
  consonant('p', 'plosive', false, [300, 900, 2100], 0.11, [900, 1500, 0.8]),
  consonant('t', 'plosive', false, [300, 1750, 2650], 0.1, [4500, 2500, 1.4]),
  consonant('k', 'plosive', false, [300, 1900, 2400], 0.11, [2000, 1000, 1.4]),
  consonant('b', 'plosive', true, [250, 900, 2100], 0.08, [800, 1500, 0.5]),
  consonant('d', 'plosive', true, [250, 1750, 2650], 0.07, [4000, 2500, 0.8]),
  consonant('g', 'plosive', true, [250, 1900, 2400], 0.08, [1900, 1000, 0.8]),
];

/** Consonants that close a syllable. */
export const codas: readonly Phone[] = [
  ...onsets.filter(({ name }) => ['m', 'n', 'l', 'r', 's', 'z', 't', 'd', 'k'].includes(name)),
  consonant('N', 'nasal', true, [280, 2000, 2700], 0.07),
];
