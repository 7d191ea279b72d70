/**
 * @file One of the page's two voices: its buttons, its recordings with their pictures, and what is wrong with them.
 * The markup is that of `tasks/page/page-markup.ts`.
 */
import { checkSpeech } from '../features/speech-check.js';
import { decodeFile, startRecording, type Recording } from './audio-input.js';
import { describePicture, drawSpectrogram } from './spectrogram.js';
import type { HeardVoice, VoiceModel } from './voice-model.js';
import { wavBlob } from './wav-blob.js';

export interface Clip {
  readonly name: string;
  readonly seconds: number;
  readonly heard: HeardVoice;
}

export interface VoicePanel {
  readonly clips: readonly Clip[];
  /** Gives it the model; it takes recordings from then on. */
  useModel(model: VoiceModel): void;
  /** Draws the pictures anew, after the page's width or colours have changed. */
  redraw(): void;
}

/** Recordings end by themselves after this. */
const LONGEST_SECONDS = 60;

/** @param several whether more than one recording is kept; else the newest takes the place of the one before */
export function createVoicePanel(
  section: HTMLElement,
  { several, onChange }: { several: boolean; onChange: () => void },
): VoicePanel {
  const find = <Kind extends HTMLElement>(selector: string) => section.querySelector<Kind>(selector)!;
  const record = find<HTMLButtonElement>('.record');
  const files = find<HTMLInputElement>('input[type=file]');
  const [message, list, level, time] = ['.message', '.clips', '.level', '.time'].map((name) => find(name));
  const meter = find<HTMLMeterElement>('meter');
  let model: VoiceModel | undefined;
  let recording: Recording | undefined;
  let clips: { clip: Clip; item: HTMLElement; canvas: HTMLCanvasElement }[] = [];
  let made = 0;

  const say = (text: string) => (message.textContent = text);
  const busy = (isBusy: boolean) => {
    section.setAttribute('aria-busy', String(isBusy));
    record.disabled = isBusy || !model;
    files.disabled = isBusy || !model || recording !== undefined;
  };
  /** Runs something that may fail with a sentence for the user. */
  const attempt = async (action: () => Promise<void>) => {
    say('');
    busy(true);
    try {
      await action();
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    } finally {
      busy(false);
    }
  };

  async function add(name: string, samples: Float32Array<ArrayBuffer>): Promise<void> {
    const { sampleRate } = model!.facts;
    const { notes } = checkSpeech(samples, sampleRate, name);
    const heard = await model!.hear(samples);
    const clip = { name, seconds: samples.length / sampleRate, heard };
    if (!several) for (const each of clips) each.item.remove();
    const { item, canvas } = clipItem(clip, { notes, address: URL.createObjectURL(wavBlob(samples, sampleRate)) });
    const entry = { clip, item, canvas };
    clips = several ? [...clips, entry] : [entry];
    item.querySelector('.remove')!.addEventListener('click', () => {
      clips = clips.filter((each) => each !== entry);
      item.remove();
      record.focus();
      onChange();
    });
    list.append(item);
    drawSpectrogram(canvas, heard);
    onChange();
  }

  async function stop(): Promise<void> {
    const ended = recording!;
    recording = undefined;
    record.textContent = 'Record';
    record.classList.remove('on');
    level.hidden = true;
    const samples = await ended.stop();
    made += 1;
    await add(`Recording ${made}`, samples);
  }

  record.addEventListener('click', () => {
    void attempt(async () => {
      if (recording) return stop();
      recording = await startRecording(model!.facts.sampleRate, (peak, seconds) => {
        meter.value = peak;
        time.textContent = `${seconds.toFixed(1)} s`;
        if (seconds >= LONGEST_SECONDS && recording) record.click();
      });
      record.textContent = 'Stop';
      record.classList.add('on');
      level.hidden = false;
    });
  });
  files.addEventListener('change', () => {
    void attempt(async () => {
      const chosen = [...(files.files ?? [])];
      files.value = '';
      for (const file of chosen) await add(file.name, await decodeFile(file, model!.facts.sampleRate));
    });
  });
  busy(false);

  return {
    get clips() {
      return clips.map(({ clip }) => clip);
    },
    useModel(given) {
      model = given;
      busy(false);
    },
    redraw: () => clips.forEach(({ clip, canvas }) => drawSpectrogram(canvas, clip.heard)),
  };
}

function clipItem(
  { name, seconds, heard }: Clip,
  { notes, address }: { notes: readonly string[]; address: string },
): { item: HTMLElement; canvas: HTMLCanvasElement } {
  const make = <Name extends keyof HTMLElementTagNameMap>(name: Name, content: string, className = '') => {
    const element = document.createElement(name);
    element.textContent = content;
    element.className = className;
    return element;
  };
  const item = make('li', '');
  const head = make('div', '', 'clip');
  const remove = make('button', 'Remove', 'remove');
  remove.type = 'button';
  remove.setAttribute('aria-label', `Remove ${name}`);
  const save = make('a', 'Save');
  save.href = address;
  save.download = `${name.replace(/\.[^.]*$/, '')}.wav`;
  save.setAttribute('aria-label', `Save ${name}`);
  head.append(make('span', name, 'name'), make('span', `${seconds.toFixed(1)} s`, 'faint'), save, remove);
  const canvas = document.createElement('canvas');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', describePicture(heard, seconds));
  const audio = document.createElement('audio');
  audio.controls = true;
  audio.src = address;
  item.append(head);
  for (const note of notes) item.append(make('p', note, 'warning'));
  item.append(canvas, audio);
  return { item, canvas };
}
