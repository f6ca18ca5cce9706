/** The style of the page: no font, picture or address. Colours are pairs, for light and for dark. */
export const STYLE = `
:root { color-scheme: light dark; --back: light-dark(#fff, #0d1117); --text: light-dark(#1f2328, #e6edf3); --quiet: light-dark(#59636e, #9198a1);
 --line: light-dark(#d1d9e0, #3d444d); --panel: light-dark(#f6f8fa, #151b23); --link: light-dark(#0550ae, #79c0ff); --focus: light-dark(#0550ae, #79c0ff);
 --good: light-dark(#116329, #6fdd8b); --open: light-dark(#7d4e00, #e3b341); --bad: light-dark(#a40e26, #ff9492);
 --added: light-dark(#dafbe1, #12261e); --removed: light-dark(#ffebe9, #301a1f); }
* { box-sizing: border-box; }
html { background: var(--back); color: var(--text); scroll-padding: 7rem 0 6rem; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 90rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 1.5rem 0 .5rem; } h3 { font-size: 1rem; margin: 0; } h4 { font-size: 1rem; margin: 1rem 0 .25rem; }
a { color: var(--link); } p { margin: .25rem 0; } ul { margin: .25rem 0; padding-left: 1.25rem; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; } .skip:focus { position: fixed; left: 1rem; top: 1rem; z-index: 2; background: var(--back); padding: .5rem 1rem; }
h3, code, pre, .code, td, th, li, p, summary { overflow-wrap: anywhere; }
code, pre, .code { font: .85rem/1.5 ui-monospace, monospace; }
button, input[type=search] { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--quiet); border-radius: .35rem; padding: .2rem .6rem; min-height: 1.75rem; }
button { cursor: pointer; } button[aria-pressed=true] { background: var(--text); color: var(--back); } input[type=search] { background: var(--back); min-width: 0; max-width: 100%; }
input[type=checkbox], input[type=radio] { width: 1.1rem; height: 1.1rem; vertical-align: -.15rem; }
.tools, .decide { display: flex; flex-wrap: wrap; gap: .4rem .6rem; align-items: center; background: var(--back); padding: .5rem 0; border-bottom: 1px solid var(--line); }
.decide { position: sticky; bottom: 0; border-bottom: 0; border-top: 1px solid var(--line); }
.decide .primary { background: var(--good); color: var(--back); border-color: var(--good); } .decide button:disabled { opacity: .6; cursor: default; }
[hidden] { display: none !important; }
@media (min-width: 60rem) and (min-height: 30rem) { .tools { position: sticky; top: 0; z-index: 1; } }
.scroll { overflow-x: auto; } table { border-collapse: collapse; } th, td { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; }
.card { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; } .card > summary { padding: .4rem .7rem; background: var(--panel); border-radius: .4rem; cursor: pointer; }
summary h2 { display: inline; } .card > summary > * { display: inline; margin-right: .6rem; } .body { padding: .25rem .7rem .7rem; }
.quiet, .why { color: var(--quiet); } .why { list-style: none; padding-left: 0; font-size: .9rem; }
.rewritten { color: var(--link); } .hardened, .unchanged, .ok, .pass, .fixed { color: var(--good); } .incomplete, .needs-root, .todo, .offered { color: var(--open); } .failed, .differs, .fail { color: var(--bad); }
.notes { list-style: none; padding: 0; } .notes > li { padding: .3rem 0 .3rem .6rem; border-left: 3px solid currentColor; border-left-color: var(--line); margin: .3rem 0; }
.number { display: inline-block; min-width: 1.4rem; text-align: center; border: 1px solid var(--quiet); border-radius: .3rem; font-size: .85rem; }
.code { border: 1px solid var(--line); margin: .4rem 0; white-space: pre-wrap; }
.code .at { color: var(--quiet); background: var(--panel); padding: 0 .5rem; } .code .c, .code ins, .code del { display: block; padding-left: 7rem; text-decoration: none; position: relative; min-height: 1.3rem; }
.code ins, .code del { overflow-x: clip; } .code ins { background: var(--added); } .code del { background: var(--removed); }
.code .c::before, .code del::before { position: absolute; left: 0; width: 3rem; text-align: right; color: var(--quiet); content: attr(data-o); }
.code .c::after, .code ins::after { position: absolute; left: 3rem; top: 0; width: 3rem; text-align: right; color: var(--quiet); content: attr(data-n); }
.code .rejected { text-decoration: line-through; color: var(--quiet); }
.split .code { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } .split .code .at { grid-column: 1 / -1; }
.split .code .block { grid-column: 1 / -1; display: grid; grid-template-columns: subgrid; grid-auto-flow: dense; }
.split .code .c, .split .code del { grid-column: 1; border-right: 1px solid var(--line); } .split .code .right, .split .code ins { grid-column: 2; border-right: 0; }
.split .code .c, .split .code ins, .split .code del { padding-left: 4rem; } .split .code .c::after { content: none; } .split .code ins::after { left: 0; }
pre { white-space: pre-wrap; padding: .6rem; border: 1px solid var(--line); margin: .4rem 0; }
@media (max-width: 40rem) {
 body { padding: .6rem; } .code { font-size: .8rem; } .code .c, .code ins, .code del, .split .code .c, .split .code ins, .split .code del { padding-left: 3rem; border-right: 0; }
 .code .c::before { content: none; } .code .c::after, .split .code .c::after { content: attr(data-n); } .code .c::after, .code ins::after, .code del::before { left: 0; width: 2.2rem; }
 .split .code, .split .code .block { display: block; } .split .code .right { display: none; }
}
`

/**
 * All that runs in the page: it filters, folds, moves and copies what is there, and, where it is served, sends what was accepted.
 * It makes no markup of a text.
 */
export const SCRIPT = `
'use strict';
const all = (selector, within) => [...(within || document).querySelectorAll(selector)];
const one = (selector, within) => (within || document).querySelector(selector);
const numbers = (text) => (text || '').split(' ').filter(Boolean).map(Number);
const cards = all('.card');
const say = (text) => { one('#said').textContent = text; };
const shown = () => cards.filter((card) => !card.hidden);
const files = (list) => list.reduce((sum, card) => sum + Number(card.dataset.files), 0);
const counted = (count, word) => count + ' ' + word + (count === 1 ? '' : 's');
one('#tools').hidden = false;

const pressed = new Set();
let kind = null;
function filter() {
  const text = one('#path').value.toLowerCase();
  for (const card of cards)
    card.hidden = !((pressed.size === 0 || pressed.has(card.dataset.verdict)) && card.dataset.paths.toLowerCase().includes(text)
      && (kind === null || numbers(card.dataset.kinds).includes(kind)));
  for (const button of all('[data-kind]')) button.setAttribute('aria-pressed', String(Number(button.dataset.kind) === kind));
  const [now, total] = [files(shown()), files(cards)];
  say(now === total ? counted(total, 'target') : now + ' of ' + counted(total, 'target') + ' shown');
  if (review) tell();
}
for (const button of all('[data-only]'))
  button.addEventListener('click', () => {
    if (!pressed.delete(button.dataset.only)) pressed.add(button.dataset.only);
    button.setAttribute('aria-pressed', String(pressed.has(button.dataset.only)));
    filter();
  });
for (const button of all('[data-kind]'))
  button.addEventListener('click', () => { kind = kind === Number(button.dataset.kind) ? null : Number(button.dataset.kind); filter(); });
one('#path').addEventListener('input', filter);
for (const [id, open] of [['#unfold', true], ['#fold', false]])
  one(id).addEventListener('click', () => { for (const card of shown()) card.open = open; });

function split(card) {
  if (!document.body.classList.contains('split') || card.dataset.split) return;
  card.dataset.split = 'yes';
  for (const line of all('.code .c', card)) {
    const right = line.cloneNode(true);
    right.className = 'c right';
    right.setAttribute('aria-hidden', 'true');
    right.dataset.o = right.dataset.n;
    right.removeAttribute('data-n');
    line.after(right);
  }
}
for (const choice of all('[name=view]'))
  choice.addEventListener('change', () => {
    document.body.classList.toggle('split', one('#split').checked);
    for (const card of cards) if (card.open) split(card);
  });
for (const card of cards) card.addEventListener('toggle', () => { if (card.open) split(card); });

function move(by) {
  const list = shown();
  if (list.length === 0) return;
  const within = document.activeElement && document.activeElement.closest('.card');
  const at = list.indexOf(within);
  const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + by));
  one('summary', list[next]).focus();
}
one('#next').addEventListener('click', () => move(1));
one('#before').addEventListener('click', () => move(-1));
document.addEventListener('keydown', (event) => {
  if (!one('#keys').checked || event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input[type=search]')) return;
  const does = { j: () => move(1), k: () => move(-1), '/': () => one('#path').focus() }[event.key];
  if (does === undefined) return;
  event.preventDefault();
  does();
});

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A page of the file system may not have the clipboard.
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  say(what);
}
for (const button of all('[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', () => copy(one('pre', button.parentElement).textContent, 'the command is copied'));
}
one('#copy').addEventListener('click', () => {
  const texts = shown().flatMap((card) => all('.apply pre', card).map((pre) => pre.textContent));
  copy(texts.join('\\n'), 'the commands of ' + counted(shown().length, 'change') + ' are copied');
});
function unfoldTarget() {
  const card = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (card && card.matches('.card')) { card.open = true; one('summary', card).focus(); }
}
addEventListener('hashchange', unfoldTarget);
unfoldTarget();

const review = document.body.dataset.review === 'yes';
const accepted = new Map();
const boxesOf = (card) => all('.each', card).sort((a, b) => a.dataset.change - b.dataset.change);
const ofCard = (card) => numbers(card.dataset.targets).map((target) => accepted.get(target));
function take(card, set, index, isAccepted) {
  const boxes = boxesOf(card);
  const needs = (each) => numbers(boxes[each].dataset.needs);
  if (isAccepted) {
    if (set.has(index)) return;
    set.add(index);
    for (const other of needs(index)) take(card, set, other, true);
  } else if (set.delete(index))
    for (const other of boxes.keys()) if (needs(other).includes(index)) take(card, set, other, false);
}
function show(card) {
  const sets = ofCard(card);
  const boxes = boxesOf(card);
  const mark = (box, count, of) => { box.checked = of > 0 && count === of; box.indeterminate = count > 0 && count < of; };
  const sum = (list) => list.reduce((total, set) => total + set.size, 0);
  mark(one('.all', card), sum(sets), sets.length * boxes.length);
  for (const [index, box] of boxes.entries()) {
    mark(box, sets.filter((set) => set.has(index)).length, sets.length);
    const without = [...new Set(sets.flatMap((set) => set.has(index) ? numbers(box.dataset.with).filter((other) => !set.has(other)) : []))];
    const warning = one('[data-warns="' + index + '"]', card);
    warning.hidden = without.length === 0;
    warning.textContent = 'without ' + without.map((other) => other + 1).join(', ') + ': not what was planned, so prove it';
  }
  for (const box of all('.file', card)) mark(box, accepted.get(Number(box.dataset.file)).size, boxes.length);
  for (const box of all('.one', card)) box.checked = accepted.get(Number(box.dataset.file)).has(Number(box.dataset.change));
  for (const line of all('[data-c]', card)) line.classList.toggle('rejected', numbers(line.dataset.c).every((index) => sets.every((set) => !set.has(index))));
}
function tell() {
  const sets = [...accepted.values()];
  const count = sets.reduce((sum, set) => sum + set.size, 0);
  one('#sum').textContent = count + ' of ' + one('#sum').dataset.of + ' changes accepted, in ' + counted(sets.filter((set) => set.size > 0).length, 'target');
  one('#write').disabled = count === 0;
}
function decide(card, targets, indexes, isAccepted) {
  const sets = targets.map((target) => accepted.get(target));
  const before = sets.reduce((sum, set) => sum + set.size, 0);
  for (const set of sets) for (const index of indexes) take(card, set, index, isAccepted);
  const more = Math.abs(sets.reduce((sum, set) => sum + set.size, 0) - before) - targets.length * indexes.length;
  show(card);
  tell();
  if (more > 0) say((isAccepted ? 'accepted too, as it is needed: ' : 'rejected too, as it needs that: ') + counted(more, 'change'));
}
async function send(to, body) {
  try {
    const answer = await fetch(to, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const told = await answer.json();
    one('#told').textContent = told.message;
    if (answer.ok) {
      say('');
      for (const box of all('button, input')) box.disabled = true;
    }
  } catch {
    one('#told').textContent = 'nobody answers: has the review ended in the terminal?';
  }
}
if (review) {
  for (const card of cards) {
    const targets = numbers(card.dataset.targets);
    if (targets.length === 0) continue;
    for (const target of targets) accepted.set(target, new Set());
    const indexes = boxesOf(card).map((_, index) => index);
    one('.all', card).addEventListener('change', (event) => decide(card, targets, indexes, event.target.checked));
    for (const [index, box] of boxesOf(card).entries()) box.addEventListener('change', () => decide(card, targets, [index], box.checked));
    for (const box of all('.file', card)) box.addEventListener('change', () => decide(card, [Number(box.dataset.file)], indexes, box.checked));
    for (const box of all('.one', card)) box.addEventListener('change', () => decide(card, [Number(box.dataset.file)], [Number(box.dataset.change)], box.checked));
    show(card);
  }
  for (const [id, isAccepted] of [['#accept', true], ['#reject', false]])
    one(id).addEventListener('click', () => {
      for (const card of shown()) {
        const targets = numbers(card.dataset.targets);
        if (targets.length > 0) decide(card, targets, all('.each', card).map((_, index) => index), isAccepted);
      }
    });
  one('#write').addEventListener('click', () => send('write', { accepted: [...accepted].map(([target, set]) => ({ target, changes: [...set].sort((a, b) => a - b) })) }));
  one('#end').addEventListener('click', () => send('end', {}));
  tell();
}
`
