/**
 * @file Makes the report: `index.html`, and `figures/<id>.svg`, `.png` and `.csv` of each figure.
 */
import { join } from 'node:path';
import { writeFileAtomic } from '../../storage/atomic-write.js';
import { type Figure, makeFigure, type NoFigure } from '../figures/figure.js';
import { type SystemStyles, systemStyles } from '../figures/palette.js';
import { loadRasteriser } from '../figures/rasterise.js';
import { reportFigures } from '../figures/registry.js';
import { writeFigure } from '../figures/write-figure.js';
import { escapeMarkup } from '../text/escape.js';
import { figureMarkup, pageSection, type PageSection } from './markup.js';
import { pageMarkup } from './page.js';
import { provenanceSection } from './provenance.js';
import type { ReportData } from './report-data.js';
import { summarySection } from './summary.js';
import { glossaryMarkup } from './terms.js';
import { worstTrialsSection } from './worst-trials.js';

export interface WrittenReport {
  /** Paths of all files, the page first. */
  readonly paths: readonly string[];
  /** Titles of figures that there is no data for, with the reason. */
  readonly absent: readonly string[];
  /** Why there are no PNG files. */
  readonly noPng?: string;
}

/**
 * @param options.png PNG files too, which take most of the time where figures are large; default true
 * @param options.kinds the figures, in their order; default: all of the registry
 */
export async function writeReport(
  folder: string,
  given: ReportData,
  { png: wanted = true, kinds = reportFigures }: { png?: boolean; kinds?: typeof reportFigures } = {},
): Promise<WrittenReport> {
  const order = systemsOf(given);
  const styles = systemStyles(order);
  const data = inOrder(given, order);
  const rasteriser = wanted ? await loadRasteriser() : { why: 'they were not asked for' };
  const png = 'draw' in rasteriser;
  const figures = kinds.flatMap((kind) => makeFigure(kind, data, styles) ?? []);
  const page = pageMarkup({
    ...headOf(data),
    sections: sectionsOf(data, figures, { styles, png }),
    footer: `Written by acanet report. This one file holds the whole page. The folder figures beside it has each figure as SVG${png ? ', PNG' : ''} and CSV.`,
  });
  const index = join(folder, 'index.html');
  writeFileAtomic(index, page);
  const all = [...figures, ...data.attention];
  return {
    paths: [
      index,
      ...all.flatMap((each) => ('svg' in each ? writeFigure(join(folder, 'figures'), each, rasteriser) : [])),
    ],
    absent: all.flatMap((each) => ('why' in each ? [`${each.title}: ${each.why}`] : [])),
    ...('why' in rasteriser && { noPng: rasteriser.why }),
  };
}

function sectionsOf(
  { tested, attention, model, provenance }: ReportData,
  figures: readonly (Figure | NoFigure)[],
  { styles, png }: { styles: SystemStyles; png: boolean },
): PageSection[] {
  return [
    ...(tested ? [summarySection(tested.compared, styles)] : []),
    ...figures.map((figure) => pageSection(figure.id, figure.title, figureMarkup(figure, { png }))),
    ...(tested ? [worstTrialsSection(tested.worst)] : []),
    pageSection('attention', `Where ${model} looks`, attention.map((each) => titled(each, { png })).join('\n')),
    provenanceSection(provenance),
    pageSection('terms', 'Terms', glossaryMarkup()),
  ];
}

/** A figure that shares its section with others. */
const titled = (figure: Figure | NoFigure, options: { png: boolean }) =>
  ('svg' in figure ? `<h3>${escapeMarkup(figure.title)}</h3>\n` : '') + figureMarkup(figure, options);

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

/** At most three names. */
function listing(names: readonly string[]): string {
  if (names.length > 3) return `${names.length} systems`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
