/**
 * @file The report as one HTML file: nothing is fetched, and a content security policy sees to it that nothing can be.
 */
import { escapeMarkup } from '../text/escape.js';
import type { PageSection } from './markup.js';
import { pageScript } from './script.js';
import { styleSheet } from './style.js';

interface PageInput {
  readonly title: string;
  /** A line under the title. */
  readonly under: string;
  readonly sections: readonly PageSection[];
  readonly footer: string;
}

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; media-src data:; base-uri 'none'; form-action 'none'";

export function pageMarkup({ title, under, sections, footer }: PageInput): string {
  const links = sections.map(({ id, title: name }) => `<li><a href="#${id}">${escapeMarkup(name)}</a></li>`).join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)}</title>
<link rel="icon" href="data:,">
<style>${styleSheet}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the results</a>
<header class="top"><div>
<h1>${escapeMarkup(title)}</h1>
<p class="under">${escapeMarkup(under)}</p>
<button type="button" id="theme" hidden>Dark colours</button>
</div></header>
<div class="columns">
<nav aria-label="Sections"><ol>${links}</ol></nav>
<main id="main">
${sections.map(({ markup }) => markup).join('\n')}
</main>
</div>
<footer>${escapeMarkup(footer)}</footer>
<div id="tip" aria-hidden="true"></div>
<script>${pageScript}</script>
</body>
</html>
`;
}
