/** @file What stage `report` writes: one page, and its figures as files. */
import { pathsIn } from './json-artifact.js';

export const REPORT = { page: 'index.html', figures: 'figures' } as const;

export const reportFiles = (folder: string) => pathsIn(folder, REPORT);
