/** @file The trials that went furthest wrong, with their audio where it may be embedded. */
import { escapeMarkup } from '../text/escape.js';
import { pageSection, type PageSection } from './markup.js';
import type { WorstSide, WorstTrial, WorstTrials } from './report-data.js';

export function worstTrialsSection({ system, threshold, trials, audioNote }: WorstTrials): PageSection {
  const kinds = [
    {
      title: 'The same speaker, rejected',
      what: `target trials with the lowest scores`,
      of: trials.filter(({ target }) => target),
    },
    {
      title: 'Different speakers, accepted',
      what: `nontarget trials with the highest scores`,
      of: trials.filter(({ target }) => !target),
    },
  ];
  return pageSection(
    'worst',
    'The worst trials',
    `<p>These are the trials that ${escapeMarkup(system)} gets most wrong: their scores lie furthest on the wrong side of ${threshold.toFixed(3)}, ` +
      'its threshold at the equal error rate. Listen to a few of them: wrong labels, noise and silence show up here first.</p>\n' +
      `<div class="kinds">${kinds.map(({ title, what, of }) => `<div>${listing(title, what, of, threshold)}</div>`).join('\n')}</div>` +
      `\n<p class="notes">${escapeMarkup(audioNote)}</p>`,
  );
}

function listing(title: string, what: string, trials: readonly WorstTrial[], threshold: number): string {
  if (trials.length === 0)
    return `<h3>${title}</h3>\n<p class="absent">There are none: every trial of this kind is on the right side of the threshold.</p>`;
  const rows = trials.map(
    ({ score, enroll, test }) =>
      `<tr><th scope="row" class="figures">${score.toFixed(3)}<small>${difference(score - threshold)}</small></th>${side(enroll)}${side(test)}</tr>`,
  );
  return (
    `<h3>${title}</h3>\n<div class="scroll" role="group" aria-label="${title}"><table><caption class="heard">${title}: ${what}</caption>` +
    '<thead><tr><th scope="col" class="figures">score</th><th scope="col">enrolled</th><th scope="col">tested</th></tr></thead>\n' +
    `<tbody>${rows.join('\n')}</tbody></table></div>`
  );
}

const difference = (value: number) => `${value > 0 ? '+' : '−'}${Math.abs(value).toFixed(3)}`;

function side({ id, speaker, gender, duration, clip }: WorstSide): string {
  const who = [speaker, { f: 'female', m: 'male' }[gender!], `${duration.toFixed(1)} s`].filter(Boolean).join(', ');
  const player = clip
    ? `<audio controls preload="metadata" controlslist="nodownload noplaybackrate" src="${clip}" aria-label="${escapeMarkup(`utterance ${id} of speaker ${speaker}`)}"></audio>`
    : '';
  return `<td><code>${escapeMarkup(id)}</code><small>${escapeMarkup(who)}</small>${player}</td>`;
}
