/**
 * @file Makes the report: `index.html`, and `figures/<id>.svg`, `.png` and `.csv` of each figure.
 */
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import type { Ablation } from '../comparison/ablation.js';
import { ablationFigure } from '../figures/ablation.js';
import { forFile } from '../figures/chart.js';
import { detFigure } from '../figures/det.js';
import { eerByDurationFigure } from '../figures/eer-by-duration.js';
import { eerByCostFigure } from '../figures/eer-by-cost.js';
import { embeddingMapFigure } from '../figures/embedding-map.js';
import type { Figure, NoFigure } from '../figures/figure.js';
import { gradientsFigure, instrumentsFigure } from '../figures/instruments.js';
import { systemStyles } from '../figures/palette.js';
import { loadRasteriser } from '../figures/rasterise.js';
import { robustnessFigure } from '../figures/robustness.js';
import { scoreHistogramFigure } from '../figures/score-histogram.js';
import { trainingCurvesFigure } from '../figures/training-curves.js';
import { escapeMarkup } from '../text/escape.js';
import { figureMarkup, figureSection, sectionMarkup } from './markup.js';
import { pageMarkup, type PageSection } from './page.js';
import { provenanceSection } from './provenance.js';
import type { ReportData } from './report-data.js';
import { summarySection } from './summary.js';
import { worstTrialsSection } from './worst-trials.js';

export interface WrittenReport {
  /** Paths of all files, the page first. */
  readonly paths: readonly string[];
  /** Titles of figures that there is no data for, with the reason. */
  readonly absent: readonly string[];
  /** Why there are no PNG files. */
  readonly noPng?: string;
}

/** @param options.png PNG files too, which take most of the time where figures are large; default true */
export async function writeReport(
  folder: string,
  given: ReportData,
  { png: wanted = true }: { png?: boolean } = {},
): Promise<WrittenReport> {
  const order = systemsOf(given);
  const styles = systemStyles(order);
  const data = inOrder(given, order);
  const rasteriser = wanted ? await loadRasteriser() : { why: 'they were not asked for' };
  const png = 'draw' in rasteriser;
  const figures: (Figure | NoFigure)[] = [];
  const figure = (made: Figure | NoFigure): PageSection => {
    figures.push(made);
    return { id: made.id, title: made.title, markup: figureSection(made, { png }) };
  };
  const { tested, ablation, trainings, model } = data;
  const robustness = tested?.compared.robustness;
  // Trainings may have been made without instruments; then there is nothing to say of them.
  const instruments = [
    instrumentsFigure(trainings, styles),
    gradientsFigure(
      trainings.find(({ system }) => system === model),
      styles.get(model)!,
    ),
  ].filter((made) => 'svg' in made);
  const sections: PageSection[] = [
    ...(tested
      ? [
          { id: 'summary', title: 'Summary', markup: summarySection(tested.compared, styles) },
          figure(detFigure(tested.trials, styles)),
          figure(scoreHistogramFigure(tested.trials, styles)),
        ]
      : []),
    ...(ablation ? [ablationSection(ablation, figure(ablationFigure(ablation)))] : []),
    figure(trainingCurvesFigure(trainings, styles)),
    ...instruments.map(figure),
    ...(tested
      ? [
          figure(eerByCostFigure(tested.compared, styles)),
          figure(eerByDurationFigure(tested.trials, styles)),
          ...(robustness ? [figure(robustnessFigure(robustness, styles))] : []),
          figure(embeddingMapFigure(tested.embeddings)),
          { id: 'worst', title: 'The worst trials', markup: worstTrialsSection(tested.worst) },
        ]
      : []),
    attentionSection(data, figures, png),
    { id: 'provenance', title: 'Provenance', markup: provenanceSection(data.provenance) },
  ];
  const page = pageMarkup({
    ...headOf(data),
    sections,
    footer: `Written by acanet report. Everything on this page is in this one file; the figures are beside it as SVG, ${png ? 'PNG ' : ''}and CSV.`,
  });
  const index = join(folder, 'index.html');
  writeFileAtomic(index, page);
  const made = figures.filter((each) => 'svg' in each);
  const paths = made.flatMap((each) => {
    const files: [string, string | Uint8Array][] = [
      ['svg', forFile(each.svg, each)],
      ['csv', stringify([[...each.data.columns], ...each.data.rows.map((row) => [...row])])],
      ...('draw' in rasteriser ? [['png', rasteriser.draw(each.svg)] satisfies [string, Uint8Array]] : []),
    ];
    return files.map(([type, content]) => {
      const path = join(folder, 'figures', `${each.id}.${type}`);
      writeFileAtomic(path, content);
      return path;
    });
  });
  return {
    paths: [index, ...paths],
    absent: figures.flatMap((each) => ('why' in each ? [`${each.title}: ${each.why}`] : [])),
    ...('why' in rasteriser && { noPng: rasteriser.why }),
  };
}

/** All systems in the order in which they get their colours: the recipe's model and what it is held against first. */
function systemsOf({ model, baseline, tested, ablation, trainings }: ReportData): string[] {
  const known = [
    ...(tested?.compared.systems.map(({ name }) => name) ?? []),
    ...(ablation?.axes.flatMap(({ rows }) => rows.map(({ system }) => system)) ?? []),
    ...trainings.map(({ system }) => system),
  ];
  return [...new Set([model, baseline, ...known])].filter((name) => name === model || known.includes(name));
}

/** The same with the systems of all figures in this order. */
function inOrder({ tested, trainings, ...data }: ReportData, order: readonly string[]): ReportData {
  const place = (name: string) => order.indexOf(name);
  return {
    ...data,
    ...(tested && {
      tested: {
        ...tested,
        trials: {
          ...tested.trials,
          systems: tested.trials.systems.toSorted((a, b) => place(a.name) - place(b.name)),
        },
      },
    }),
    trainings: trainings.toSorted((a, b) => place(a.system) - place(b.system)),
  };
}

/** The title of the page and the line under it. */
function headOf({ recipe, corpus, tested, ablation, baseline }: ReportData): { title: string; under: string } {
  const others = (tested?.compared.systems ?? []).map(({ name }) => name).filter((name) => name !== baseline);
  const title = tested
    ? others.length > 0
      ? `${listing(others)} against ${baseline}`
      : baseline
    : `Variants of ${ablation?.base ?? baseline}`;
  const trials = tested ? `${tested.compared.trials} test trials` : 'test trials kept back';
  return {
    title,
    under:
      `Speaker verification, recipe ${recipe}: corpus ${corpus.type}, ${corpus.utterances} utterances of ${corpus.speakers} speakers ` +
      `(${corpus.hours.toFixed(corpus.hours < 10 ? 2 : 0)} h), ${trials}.`,
  };
}

/** The picture, with what holds of all variants under it. */
function ablationSection({ notes, partial, development }: Ablation, made: PageSection): PageSection {
  const { trials, targets, nontargets, speakers, noIntervals } = development;
  const lines = [
    `${trials} development trials (${targets} target, ${nontargets} nontarget) of ${speakers} speakers held out of training`,
    ...(noIntervals === undefined ? [] : [`no intervals: ${noIntervals}`]),
    ...notes,
  ];
  const mark = partial === undefined ? '' : `<p class="partial">${escapeMarkup(partial)}</p>`;
  const list = `<ul class="notes">${lines.map((line) => `<li>${escapeMarkup(line)}</li>`).join('')}</ul>`;
  return { ...made, markup: made.markup.replace(/<\/section>$/, `${mark}${list}\n</section>`) };
}

function attentionSection({ attention, model }: ReportData, figures: (Figure | NoFigure)[], png: boolean): PageSection {
  figures.push(...attention);
  const made = attention.map((each) =>
    'why' in each
      ? `<p class="absent">${escapeMarkup(each.why)}</p>`
      : `<h3>${escapeMarkup(each.title)}</h3>\n${figureMarkup(each, { png })}`,
  );
  const title = `Where ${model} looks`;
  return { id: 'attention', title, markup: sectionMarkup('attention', title, made.join('\n')) };
}

/** At most three names. */
function listing(names: readonly string[]): string {
  if (names.length > 3) return `${names.length} systems`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
