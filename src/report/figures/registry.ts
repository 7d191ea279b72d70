/**
 * @file The figures of a report, in the order of its page. Another one is a file that exports its `FigureKind`, and a
 * line here.
 */
import { ablationFigure } from './ablation.js';
import { detFigure } from './det.js';
import { eerByCostFigure } from './eer-by-cost.js';
import { eerByDurationFigure } from './eer-by-duration.js';
import { eerBySpeakersFigure } from './eer-by-speakers.js';
import { embeddingMapFigure } from './embedding-map.js';
import type { FigureKind } from './figure.js';
import { gradientsFigure } from './gradients.js';
import { instrumentsFigure } from './instruments.js';
import { robustnessFigure } from './robustness.js';
import { scoreHistogramFigure } from './score-histogram.js';
import { trainingCurvesFigure } from './training-curves.js';

export const reportFigures: readonly FigureKind<unknown>[] = [
  detFigure,
  scoreHistogramFigure,
  ablationFigure,
  trainingCurvesFigure,
  instrumentsFigure,
  gradientsFigure,
  eerByCostFigure,
  eerBySpeakersFigure,
  eerByDurationFigure,
  robustnessFigure,
  embeddingMapFigure,
];
