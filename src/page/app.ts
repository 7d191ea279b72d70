/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * @file The page in the browser: loads the model, takes two voices, says whether they are one. The markup, which can be
 * read without this script, is made by `tasks/page`.
 */
import type { PageFacts } from './page-facts.js';
import { scoreVoices, voiceOf } from './score-voices.js';
import { answer, type Answer } from './verdict.js';
import { createVoicePanel } from './voice-panel.js';
import { loadCohort, loadFacts, loadModel, type Device } from './voice-model.js';

const find = <Kind extends HTMLElement>(selector: string) => document.querySelector<Kind>(selector)!;

function followTheme(redraw: () => void): void {
  const root = document.documentElement;
  const button = find('#theme');
  const preference = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (root.dataset.theme ?? (preference.matches ? 'dark' : 'light')) === 'dark';
  const show = () => {
    button.textContent = isDark() ? 'Light colours' : 'Dark colours';
    redraw();
  };
  button.hidden = false;
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    show();
  });
  preference.addEventListener('change', show);
  show();
}

/** Places of the scale's ends: ratios of a million to one. */
const SCALE_END = Math.log(1e6);

function showAnswer({ llr, verdict, kind, because }: Answer): void {
  find('#verdict').textContent = verdict;
  find('#because').textContent = because;
  find('#result').dataset.kind = kind;
  const scale = find('#scale');
  scale.hidden = llr === undefined;
  if (llr !== undefined) {
    const place = 50 + (50 * Math.max(-SCALE_END, Math.min(SCALE_END, llr))) / SCALE_END;
    find('#marker').style.left = `${place}%`;
  }
}

async function start(): Promise<void> {
  const facts: PageFacts = await loadFacts();
  const cohort = await loadCohort(facts);
  const prior = find<HTMLSelectElement>('#prior');
  const compare = () => {
    const [known, tested] = [first, second].map(({ clips }) => clips.map(({ heard }) => heard.embedding));
    const ready = known.length > 0 && tested.length > 0;
    find('#result').hidden = !ready;
    find('#waiting').hidden = ready;
    if (!ready) return;
    const [a, b] = [known, tested].map((embeddings) => voiceOf(embeddings, facts.scoring));
    const { cosine, score } = scoreVoices(a, b, facts.scoring, cohort);
    showAnswer(answer(score, facts.scoring, Number(prior.value)));
    const normalized = facts.scoring.cohort
      ? `; normalised (${facts.scoring.cohort.normalize}): ${score.toFixed(3)}`
      : '';
    find('#numbers').textContent = `Score (cosine, from −1 to 1): ${cosine.toFixed(3)}${normalized}.`;
  };
  const first = createVoicePanel(find('#known'), { several: true, onChange: compare });
  const second = createVoicePanel(find('#tested'), { several: false, onChange: compare });
  const redraw = () => [first, second].forEach((panel) => panel.redraw());
  followTheme(redraw);
  addEventListener('resize', redraw);
  prior.addEventListener('change', compare);
  find('#save').addEventListener('click', () => {
    const voices = [first, second].map(({ clips }) =>
      clips.map(({ name, heard }) => ({ name, embedding: Array.from(heard.embedding) })),
    );
    const content = JSON.stringify({ model: facts.model, known: voices[0], tested: voices[1] });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([content], { type: 'application/json' }));
    link.download = 'embeddings.json';
    link.click();
  });

  const device = find<HTMLSelectElement>('#device');
  const use = async () => {
    const status = find('#status');
    status.textContent = 'The model is loading …';
    try {
      const model = await loadModel(facts, device.value as Device);
      for (const panel of [first, second]) panel.useModel(model);
      status.textContent = `The model is ready. It computes on the ${model.computesOn} of this machine.`;
    } catch (error) {
      status.textContent = `The model cannot be used: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
  find('#device-choice').hidden = !facts.webgpu || !('gpu' in navigator);
  device.addEventListener('change', () => void use());
  await use();
}

start().catch((error: unknown) => {
  find('#status').textContent = `The page cannot start: ${error instanceof Error ? error.message : String(error)}`;
});
