/**
 * @file The page's style sheet: light and dark, wide and narrow, on screen and on paper.
 *
 * Colours are variables, those of the figures too (`--figure-<name>`), so that one switch changes page and drawings.
 * Paper is always light.
 */
import { DARK, LIGHT } from '../figures/palette.js';

const PAGE_LIGHT = { ...pageColors(LIGHT), back: '#f4f6f8', accent: '#0b5a97', soft: '#e8f0f8', mark: '#f6f8fa' };
const PAGE_DARK = { ...pageColors(DARK), back: '#0b0e13', accent: '#7cbcf2', soft: '#152436', mark: '#171c24' };

function pageColors({ surface, ink, faint, grid }: typeof LIGHT) {
  return { surface, ink, faint, line: grid };
}

const variables = (page: Record<string, string>, figures: Readonly<Record<string, string>>, scheme: string) =>
  [
    `color-scheme:${scheme}`,
    ...Object.entries(page).map(([name, color]) => `--${name}:${color}`),
    ...Object.entries(figures).map(([name, color]) => `--figure-${name}:${color}`),
  ].join(';');

const light = variables(PAGE_LIGHT, LIGHT, 'light');
const dark = variables(PAGE_DARK, DARK, 'dark');

/** The colours as variables, by the system's choice or that of `data-theme` on the root element. */
export const themeRules = `
:root{${light}}
@media (prefers-color-scheme:dark){:root:not([data-theme="light"]){${dark}}}
:root[data-theme="dark"]{${dark}}`;

export const styleSheet = `${themeRules}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
main,nav,header.top>div,footer{max-width:1064px;margin:0 auto;padding:0 20px}
header.top{background:var(--surface);border-bottom:1px solid var(--line)}
header.top>div{padding-top:30px;padding-bottom:18px;position:relative}
h1{font-size:1.75rem;line-height:1.25;margin:0 8rem .3rem 0;text-wrap:balance}
h2{font-size:1.28rem;line-height:1.3;margin:0 0 .7rem}
h3{font-size:1rem;margin:1.4rem 0 .4rem}
p{margin:.5rem 0}
.under{color:var(--faint);margin:0}
a{color:var(--accent)}
a:focus-visible,button:focus-visible,summary:focus-visible,.scroll:focus-visible,audio:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-999px}
.skip:focus{left:20px;top:6px;background:var(--surface);padding:2px 8px;z-index:3}
#theme{position:absolute;right:20px;top:30px;font:inherit;font-size:.85rem;color:var(--ink);background:var(--mark);border:1px solid var(--figure-axis);border-radius:6px;padding:.3rem .7rem;cursor:pointer}
nav ol{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;margin:.9rem 0 0;padding:0;font-size:.88rem}
nav a[aria-current]{font-weight:600}
@media (min-width:1180px){
.columns{display:grid;grid-template-columns:minmax(150px,210px) minmax(0,1064px);justify-content:center}
.columns>main{width:100%}
.columns>nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow-y:auto;width:100%;padding:18px 0 18px 20px}
nav ol{display:block;margin:0}
nav li{margin:0 0 .45rem;line-height:1.3}
header.top>div,footer{max-width:1274px}
}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
section{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:22px 24px;margin:18px 0;scroll-margin-top:8px}
.verdict{background:var(--soft);border-left:4px solid var(--accent);border-radius:0 8px 8px 0;padding:.75rem 1rem;margin:.2rem 0 1rem;font-size:1.05rem}
.verdict p{margin:.2rem 0}
.partial{border:2px solid var(--figure-system2);border-radius:8px;padding:.6rem .9rem;font-weight:600;margin:0 0 1rem}
.notes{color:var(--faint);font-size:.9rem;padding-left:1.15rem;margin:.8rem 0 0}
.absent{color:var(--faint);font-style:italic}
figure{margin:0}
figure svg{display:block;width:100%;min-width:640px;height:auto}
figcaption{font-size:.9rem;color:var(--faint);margin:.5rem 0;max-width:52rem}
details{margin:.5rem 0;font-size:.9rem}
summary{cursor:pointer;color:var(--accent);width:fit-content}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums;margin:.5rem 0;min-width:50%}
th,td{text-align:left;vertical-align:top;padding:.34rem .6rem;border-bottom:1px solid var(--line)}
thead th{color:var(--faint);font-weight:600;border-bottom:1.5px solid var(--figure-axis);vertical-align:bottom;min-width:5.5rem}
tbody th{font-weight:600}
.figures{text-align:right}
td.figures{white-space:nowrap}
tr.marked{background:var(--mark)}
td small,th small{display:block;color:var(--faint);font-weight:400}
.key{display:inline-block;width:1.7em;height:.7em;vertical-align:baseline;margin-right:.45em}
code{font:.86em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{background:var(--mark);border-radius:6px;padding:.6rem .8rem;overflow-x:auto;white-space:pre-wrap;margin:.4rem 0}
audio{display:block;width:100%;min-width:170px;height:32px;margin-top:.25rem}
.kinds{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:0 28px}
.kinds table{width:100%}
.heard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.tip{cursor:crosshair}
.tip:hover{fill:var(--figure-ink);fill-opacity:.09}
#tip{position:fixed;z-index:4;pointer-events:none;max-width:22rem;background:var(--ink);color:var(--surface);font-size:.82rem;line-height:1.35;border-radius:5px;padding:.3rem .55rem;visibility:hidden}
.term{color:inherit;text-decoration:underline dotted var(--faint);text-underline-offset:3px;cursor:help}
.terms dt{font-weight:600;margin-top:.7rem;scroll-margin-top:12px}
.terms dd{margin:0;max-width:52rem}
.terms dt:target{background:var(--soft)}
footer{color:var(--faint);font-size:.85rem;padding-top:4px;padding-bottom:34px}
@media (max-width:700px){h1{margin-right:0;font-size:1.4rem}#theme{position:static;margin-top:.6rem}section{padding:16px 14px}main,nav,header.top>div,footer{padding-left:10px;padding-right:10px}}
@media print{
:root,:root[data-theme="dark"],:root:not([data-theme="light"]){${light};--back:#fff}
body{font-size:10.5pt}
table{font-size:7.8pt}
th,td{padding:2pt 3.5pt}
.scroll{overflow:visible}
.kinds{grid-template-columns:1fr 1fr}
#theme,nav,.skip,audio,.files,#tip{display:none}
section{border:0;padding:0;margin:0 0 16pt}
figure,tr,.verdict{break-inside:avoid}
h2,h3{break-after:avoid}
figure svg{min-width:0}
details:not([open]){display:none}
a{color:inherit;text-decoration:none}
}
`;
