/**
 * @file The page as HTML: what can be read without its script. A content security policy lets it load what lies beside
 * it and nothing else, so that no recording can leave the machine.
 */
import type { PageFacts } from '../../page/page-facts.js';
import { escapeMarkup } from '../../report/text/escape.js';

/** `wasm-unsafe-eval` lets WebAssembly be compiled; `blob:` is what the page itself has made. */
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self'; style-src 'self'; img-src 'self' data:; media-src blob:; base-uri 'none'; form-action 'none'";

const list = (lines: readonly string[]) => `<ul>${lines.map((line) => `<li>${escapeMarkup(line)}</li>`).join('')}</ul>`;

interface VoiceMarkup {
  id: string;
  title: string;
  hint: string;
  several: boolean;
}

const voiceMarkup = ({ id, title, hint, several }: VoiceMarkup) => `<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
<p class="hint">${hint}</p>
<div class="buttons">
<button type="button" class="record" aria-describedby="${id}-title" disabled>Record</button>
<label class="file">${several ? 'Choose files' : 'Choose a file'}<input type="file" accept="audio/*"${several ? ' multiple' : ''} aria-describedby="${id}-title" disabled></label>
<span class="level" hidden><meter min="0" max="1" low="0.02" value="0" aria-label="Level of the microphone"></meter><span class="time" role="timer">0.0 s</span></span>
</div>
<p class="message" role="alert"></p>
<ol class="clips"></ol>
</section>`;

export const pageMarkup = ({ model, about, limits }: PageFacts): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Is it the same voice?</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
<script type="module" src="app.js"></script>
</head>
<body>
<header><div>
<h1>Is it the same voice?</h1>
<p class="faint">${escapeMarkup(model)}. Recordings stay on this machine: the page computes by itself and sends nothing.</p>
<button type="button" id="theme" hidden>Dark colours</button>
</div></header>
<main>
<p id="status" role="status">The model is loading …</p>
<div class="choice" id="device-choice" hidden><label for="device">Compute on</label><select id="device"><option value="wasm">the processor</option><option value="webgpu">the graphics card</option></select></div>
<noscript><p class="message">This page computes in the browser, so it needs JavaScript.</p></noscript>
<div class="voices">
${voiceMarkup({ id: 'known', title: '1. The voice that is known', hint: 'One or more recordings of one person, best 10 seconds or more in all.', several: true })}
${voiceMarkup({ id: 'tested', title: '2. The voice in question', hint: 'One recording, best 3 seconds or more. Any words will do.', several: false })}
</div>
<section aria-labelledby="answer-title">
<h2 id="answer-title">3. The answer</h2>
<p id="waiting" class="hint">It stands here as soon as there is a recording of both voices.</p>
<div id="result" hidden>
<p id="verdict" role="status"></p>
<p id="because"></p>
<div id="scale" aria-hidden="true"><div class="bar"><div id="marker"></div></div>
<div class="ends"><span>two people</span><span>either</span><span>one person</span></div></div>
<p id="numbers"></p>
<div class="choice"><label for="prior">Before listening, one person was</label>
<select id="prior"><option value="0.5">as likely as two (1 in 2)</option><option value="0.1">unlikely (1 in 10)</option><option value="0.01">very unlikely (1 in 100)</option><option value="0.001">1 in 1,000</option></select></div>
<div class="choice"><button type="button" id="save">Save the embeddings</button></div>
</div>
<p class="hint">In the pictures time runs from left to right and pitch upwards. The line above shows at which moments the model looks most, where it looks at all.</p>
</section>
<section class="facts">
<div><h2>What this model has heard</h2>${list(about)}</div>
<div><h2>What it is not good for</h2>${list(limits)}</div>
</section>
</main>
<footer>Made by acanet. Features, model and scores are those of <code>acanet</code> on the command line.</footer>
</body>
</html>
`;
