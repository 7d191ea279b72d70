/** @file The page's style sheet: light and dark, wide and narrow; the colours are those of the reports. */
import { themeRules } from '../../report/html/style.js';

export const pageStyle = `${themeRules}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
header>div,main,footer{max-width:1064px;margin:0 auto;padding:0 20px}
header{background:var(--surface);border-bottom:1px solid var(--line)}
header>div{padding-top:26px;padding-bottom:16px;position:relative}
h1{font-size:1.75rem;line-height:1.25;margin:0 9rem .3rem 0;text-wrap:balance}
h2{font-size:1.2rem;line-height:1.3;margin:0 0 .35rem}
p{margin:.4rem 0}
.faint,#status,.hint,#numbers,footer{color:var(--faint)}
.hint,#numbers,#status{font-size:.92rem}
a{color:var(--accent)}
button,select,.file{font:inherit;color:var(--ink);background:var(--mark);border:1px solid var(--figure-axis);border-radius:7px;padding:.45rem .9rem;cursor:pointer}
button:hover:enabled,.file:hover{border-color:var(--accent)}
button:disabled,[aria-busy=true] .file{opacity:.55;cursor:default}
button:focus-visible,select:focus-visible,a:focus-visible,audio:focus-visible,.file:focus-within{outline:2px solid var(--accent);outline-offset:2px}
.record{background:var(--accent);border-color:var(--accent);color:var(--surface);font-weight:600;min-width:7rem}
.record.on{background:var(--surface);border-color:var(--figure-system2);color:var(--ink);box-shadow:inset 0 0 0 1px var(--figure-system2)}
.file input{position:absolute;width:1px;height:1px;opacity:0}
#theme{position:absolute;right:20px;top:26px;font-size:.85rem;padding:.3rem .7rem}
section{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:20px 22px;margin:16px 0}
.voices{display:grid;grid-template-columns:1fr 1fr;gap:16px;margin:16px 0}
.voices section{margin:0;min-width:0}
.buttons{display:flex;flex-wrap:wrap;gap:.6rem;margin:.8rem 0 .4rem;align-items:center}
.level{display:flex;flex:1 1 9rem;gap:.6rem;align-items:center;font-variant-numeric:tabular-nums;white-space:nowrap}
meter{flex:1 1 6rem;height:1rem}
.message{color:var(--ink);border-left:4px solid var(--figure-system2);padding:.35rem .8rem;background:var(--mark);border-radius:0 6px 6px 0}
.message{white-space:pre-line}
.message:empty{display:none}
.warning{border-left:4px solid var(--figure-system5);padding:.2rem .7rem;font-size:.92rem;background:var(--mark);border-radius:0 6px 6px 0}
.clips{list-style:none;margin:.6rem 0 0;padding:0}
.clips li{border-top:1px solid var(--line);padding:.7rem 0 .4rem}
.clip{display:flex;gap:.3rem .8rem;align-items:baseline;flex-wrap:wrap}
.clip .name{font-weight:600;overflow-wrap:anywhere;flex:1 1 8rem}
.clip .remove{padding:.1rem .6rem;font-size:.88rem}
canvas{display:block;width:100%;margin:.4rem 0}
audio{display:block;width:100%;height:36px}
#verdict{font-size:1.35rem;font-weight:650;margin:.2rem 0}
#result{border-left:5px solid var(--faint);padding:.1rem 0 .1rem 1rem;margin:.6rem 0 .9rem}
#result[data-kind=same]{border-left-color:var(--figure-system3)}
#result[data-kind=different]{border-left-color:var(--figure-system2)}
#scale{margin:1.1rem 0 .4rem;max-width:640px}
.bar{position:relative;height:12px;border-radius:6px;background:linear-gradient(90deg,var(--figure-system2),var(--line) 42%,var(--line) 58%,var(--figure-system3))}
#marker{position:absolute;top:-5px;width:6px;height:22px;margin-left:-3px;border-radius:3px;background:var(--ink);border:1px solid var(--surface)}
.ends{display:flex;justify-content:space-between;font-size:.86rem;color:var(--faint);margin-top:.35rem}
.choice{display:flex;flex-wrap:wrap;gap:.2rem .7rem;align-items:center;margin:.7rem 0}
select{padding:.3rem .5rem;max-width:100%}
.facts{display:grid;grid-template-columns:1fr 1fr;gap:0 28px}
ul{padding-left:1.15rem;margin:.4rem 0}
li{margin:.2rem 0}
footer{font-size:.86rem;padding-top:2px;padding-bottom:32px}
@media (max-width:760px){
.voices,.facts{grid-template-columns:minmax(0,1fr)}
h1{font-size:1.4rem;margin-right:0}
#theme{position:static;margin-top:.6rem}
header>div,main,footer{padding-left:12px;padding-right:12px}
section{padding:16px 14px}
}
`;
