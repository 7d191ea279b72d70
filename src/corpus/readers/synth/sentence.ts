/**
 * @file Sentences: from random syllables to control tracks for the synthesiser, one value each 5 ms.
 *
 * A sentence is a row of phrases of 3-9 syllables, (onset) vowel (coda), with pauses between. Each phone writes its
 * targets over its duration; smoothing the targets forwards and backwards gives coarticulated transitions. Pitch falls
 * over a phrase and rises at accented syllables.
 */
import type { RandomStream } from '../../../random.js';
import { codas, onsets, vowels, type Phone } from './phones.js';
import { FORMANTS, neutral, type Voice } from './voice.js';

/** Control frames a second. */
export const CONTROL_RATE = 200;

/** Control tracks; index = frame. */
export interface Tracks {
  frames: number;
  /** F1…F8, Hz. */
  formants: Float64Array[];
  /** Amplitudes: glottal pulses, aspiration (through the tract), constriction noise (past it); 1 = a vowel's. */
  voicing: Float64Array;
  aspiration: Float64Array;
  frication: Float64Array;
  /** The constriction noise's band, Hz. */
  centre: Float64Array;
  width: Float64Array;
  /** 0 = mouth, 1 = nose. */
  nasality: Float64Array;
  /** Hz. */
  pitch: Float64Array;
}

/** How the speaker speaks in this utterance: factors on pitch and durations. */
export interface Manner {
  pitch: number;
  pace: number;
}

/** Speech of at least `seconds` as tracks of exactly that length, beginning and ending in silence. */
export function speakSentence(voice: Voice, manner: Manner, seconds: number, random: RandomStream): Tracks {
  const frames = Math.ceil(seconds * CONTROL_RATE) + 1;
  const track = (value = 0) => new Float64Array(frames).fill(value);
  const tracks: Tracks = {
    frames,
    formants: Array.from({ length: FORMANTS }, (_, k) => track(voice.formants.get(neutral)![k])),
    voicing: track(),
    aspiration: track(),
    frication: track(),
    centre: track(3000),
    width: track(2000),
    nasality: track(),
    pitch: track(),
  };
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const pick = <T>(items: readonly T[]) => items[random.below(items.length)];
  const lengthOf = (seconds: number) => Math.max(2, Math.round(seconds * CONTROL_RATE * voice.pace * manner.pace));
  const end = frames - lengthOf(between(0.05, 0.15));
  let at = lengthOf(between(0.05, 0.2));
  while (at < end) {
    const phraseStart = at;
    const accents: number[] = [];
    const syllables = 3 + random.below(7);
    for (let syllable = 0; syllable < syllables; syllable++) {
      const last = syllable === syllables - 1;
      if (random.uniform() < 0.4) accents.push(at);
      const phones: Phone[] = [];
      if (random.uniform() < 0.85) phones.push(pick(onsets));
      phones.push(pick(vowels));
      if (random.uniform() < 0.4) phones.push(pick(codas));
      const stress = between(0.8, 1.1);
      for (const phone of phones) {
        const lengthening = last && phone.kind === 'vowel' ? 1.5 : 1;
        const length = lengthOf(phone.duration * lengthening * Math.exp(0.15 * random.normal()));
        articulate(tracks, voice, phone, at, Math.min(at + length, end), stress);
        at += length;
      }
    }
    intone(tracks, voice, manner, { from: phraseStart, to: Math.min(at, frames), accents });
    at += lengthOf(between(0.12, 0.4));
  }
  smooth(tracks, voice.inertia);
  return tracks;
}

/** Writes one phone's targets into frames [from, to). */
function articulate(tracks: Tracks, voice: Voice, phone: Phone, from: number, to: number, stress: number): void {
  const targets = voice.formants.get(phone)!;
  for (let frame = from; frame < to; frame++) {
    for (let k = 0; k < FORMANTS; k++) tracks.formants[k][frame] = targets[k];
    const { voicing, aspiration, frication } = amplitudes(phone, (frame - from) / (to - from));
    tracks.voicing[frame] = voicing * stress;
    tracks.aspiration[frame] = aspiration + voice.breathiness * voicing;
    tracks.frication[frame] = frication * voice.fricativeLevel;
    tracks.nasality[frame] = phone.kind === 'nasal' ? 1 : 0;
    if (phone.noise) {
      tracks.centre[frame] = phone.noise.centre * voice.fricativePlace;
      tracks.width[frame] = phone.noise.width;
    }
  }
}

/** The sources' amplitudes at `progress` (0…1) through a phone. */
function amplitudes(phone: Phone, progress: number): { voicing: number; aspiration: number; frication: number } {
  const level = phone.noise?.level ?? 0;
  switch (phone.kind) {
    case 'vowel':
      return { voicing: 1, aspiration: 0, frication: 0 };
    case 'approximant':
      return { voicing: 0.7, aspiration: 0, frication: 0 };
    case 'nasal':
      return { voicing: 0.6, aspiration: 0, frication: 0 };
    case 'fricative':
      return { voicing: phone.voiced ? 0.5 : 0, aspiration: 0, frication: level };
    case 'aspirate':
      return { voicing: 0, aspiration: 0.25, frication: 0 };
    case 'plosive':
      // Closure (with a voice bar if voiced), burst, then aspiration or the onset of voicing.
      if (progress < 0.6) return { voicing: phone.voiced ? 0.15 : 0, aspiration: 0, frication: 0 };
      if (progress < 0.75) return { voicing: phone.voiced ? 0.3 : 0, aspiration: 0.1, frication: level };
      return phone.voiced
        ? { voicing: 0.7, aspiration: 0, frication: 0 }
        : { voicing: 0, aspiration: 0.25, frication: level * 0.2 };
  }
}

/** Writes a phrase's pitch: a fall of `declination` semitones with bumps at the accents. */
function intone(
  { pitch }: Tracks,
  voice: Voice,
  manner: Manner,
  { from, to, accents }: { from: number; to: number; accents: number[] },
): void {
  const bump = 0.12 * CONTROL_RATE;
  for (let frame = from; frame < to; frame++) {
    let semitones = voice.declination * (0.5 - (frame - from) / (to - from));
    for (const accent of accents) {
      const distance = (frame - accent - bump) / bump;
      if (Math.abs(distance) < 1) semitones += voice.accent * 0.5 * (1 + Math.cos(Math.PI * distance));
    }
    pitch[frame] = voice.pitch * manner.pitch * 2 ** (semitones / 12);
  }
}

function smooth(
  { formants, pitch, voicing, aspiration, frication, centre, width, nasality }: Tracks,
  inertia: number,
): void {
  // Pauses have no pitch of their own; hold the neighbours' so that smoothing does not drag it towards zero.
  for (let frame = 1; frame < pitch.length; frame++) if (pitch[frame] === 0) pitch[frame] = pitch[frame - 1];
  for (let frame = pitch.length - 2; frame >= 0; frame--) if (pitch[frame] === 0) pitch[frame] = pitch[frame + 1];
  smoothTrack(pitch, 0.02);
  for (const track of formants) smoothTrack(track, inertia);
  smoothTrack(nasality, 0.008);
  for (const track of [centre, width]) smoothTrack(track, 0.006);
  for (const track of [voicing, aspiration, frication]) smoothTrack(track, 0.004);
}

/** A one-pole low-pass forwards and backwards: no delay. `time` is its constant in seconds. */
function smoothTrack(track: Float64Array, time: number): void {
  const keep = Math.exp(-1 / (time * CONTROL_RATE));
  for (let i = 1; i < track.length; i++) track[i] += keep * (track[i - 1] - track[i]);
  for (let i = track.length - 2; i >= 0; i--) track[i] += keep * (track[i + 1] - track[i]);
}
