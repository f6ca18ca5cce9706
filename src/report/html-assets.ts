/** The one style of the page: no font, picture or address. Colours are pairs, for light and for dark. */
export const STYLE = `
:root { color-scheme: light dark; --back: light-dark(#fff, #0d1117); --text: light-dark(#1f2328, #e6edf3); --quiet: light-dark(#59636e, #9198a1);
 --line: light-dark(#d1d9e0, #3d444d); --panel: light-dark(#f6f8fa, #151b23); --link: light-dark(#0550ae, #79c0ff);
 --good: light-dark(#116329, #6fdd8b); --open: light-dark(#7d4e00, #e3b341); --bad: light-dark(#a40e26, #ff9492);
 --added: light-dark(#dafbe1, #12261e); --removed: light-dark(#ffebe9, #301a1f); --bar: 3.5rem; --mono: .8125rem/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { background: var(--back); color: var(--text); scroll-padding: 3.5rem 0 calc(var(--bar) + 1rem); }
body { font: .875rem/1.5 system-ui, sans-serif; margin: 0; }
h1, h2, h3 { font-size: 1rem; margin: 0; } h3 { font-size: .875rem; margin: 1rem 0 .25rem; } p { margin: .25rem 0; } ul { margin: .25rem 0; padding-left: 1.25rem; }
a { color: var(--link); } h2, code, pre, .code, li, p, summary { overflow-wrap: anywhere; } code, pre, .code { font: var(--mono); } code { color: var(--quiet); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; } .skip:focus { position: fixed; left: 1rem; top: 1rem; z-index: 4; background: var(--back); padding: .5rem 1rem; }
button, select, input[type=search] { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: .375rem; padding: .2rem .7rem; min-height: 1.875rem; max-width: 100%; }
button { cursor: pointer; } button:hover:enabled { border-color: var(--quiet); } button:disabled { opacity: .55; cursor: default; }
input[type=search], select { background: var(--back); border-color: var(--quiet); width: 100%; }
input[type=checkbox] { width: 1rem; height: 1rem; vertical-align: -.15rem; margin: 0 .25rem 0 0; }
kbd { font: .75rem ui-monospace, monospace; border: 1px solid var(--line); border-radius: .25rem; padding: 0 .3rem; }
.primary { background: light-dark(#1f7a3a, #238636); border-color: transparent; color: #fff; font-weight: 600; padding-inline: 1.2rem; }
.quiet, .why { color: var(--quiet); } .hardened, .rewritten, .unchanged, .ok, .pass, .fixed { color: var(--good); } .incomplete, .needs-root, .todo, .offered, .question { color: var(--open); } .failed, .differs, .fail { color: var(--bad); } .exempt, .not-applicable, .note { color: var(--quiet); }

body > header { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem; padding: .6rem 1rem; border-bottom: 1px solid var(--line); background: var(--panel); }
header p { flex: 1; color: var(--quiet); min-width: 14rem; } .tools, .buttons { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; } .tools button { background: var(--back); }
.switch { display: flex; border: 1px solid var(--line); border-radius: .375rem; overflow: clip; background: var(--back); } .switch label { padding: .25rem .7rem; cursor: pointer; }
.switch input { position: absolute; opacity: 0; } .switch label:has(:checked) { background: var(--text); color: var(--back); } .switch:has(:focus-visible) { outline: 2px solid var(--link); outline-offset: 2px; }
.columns { display: grid; grid-template-columns: 20rem minmax(0, 1fr); align-items: start; min-height: calc(100vh - var(--bar) - 3.2rem); }
nav { position: sticky; top: 0; max-height: calc(100vh - var(--bar)); display: flex; flex-direction: column; padding: .75rem 0 0 1rem; }
.filters { display: flex; flex-direction: column; gap: .5rem; padding-bottom: .5rem; } .filters p { margin: 0; } .counts { display: flex; justify-content: space-between; color: var(--quiet); } .chips { display: flex; flex-wrap: wrap; gap: .3rem; }
.chips button { border-radius: 1rem; background: none; font-size: .75rem; min-height: 1.5rem; padding: 0 .6rem; } .chips [aria-pressed=true] { background: currentColor; border-color: currentColor; } .chips [aria-pressed=true]::first-line { color: var(--back); }
progress { appearance: none; width: 100%; height: .375rem; border: 0; border-radius: 1rem; overflow: clip; background: var(--line); display: block; } progress::-webkit-progress-bar { background: none; } progress::-webkit-progress-value { background: var(--good); } progress::-moz-progress-bar { background: var(--good); }
#list { list-style: none; margin: 0; padding: 0 .25rem .5rem 0; overflow-y: auto; position: relative; border-top: 1px solid var(--line); flex: 1; }
#list li { display: flex; gap: .5rem; align-items: baseline; padding: .15rem .4rem; border-radius: .375rem; font-size: .8125rem; } #list li:hover { background: var(--panel); } #list .here { background: var(--panel); border-radius: 0; box-shadow: inset 3px 0 var(--link); }
#list a { flex: 1; color: inherit; text-decoration: none; min-width: 0; } #list li > span { font-size: .75rem; }
.mark { display: inline-block; width: 1.2rem; color: var(--quiet); } .mark[data-is=accepted] { color: var(--good); } .mark[data-is=rejected] { color: var(--bad); }
main { padding: .75rem 1rem 1.5rem; min-width: 0; } main:focus { outline: 0; } main > footer { margin-top: 1.5rem; } .questions { color: var(--quiet); } main > .questions, main > .scroll { margin-bottom: .75rem; }

.card { border: 1px solid var(--line); border-radius: .5rem; margin: 0 0 1rem; content-visibility: auto; contain-intrinsic-size: auto 30rem; }
.card > summary { position: sticky; top: 0; z-index: 2; padding: .5rem .75rem; background: var(--panel); border-radius: .5rem; cursor: pointer; } .card[open] > summary { border-bottom: 1px solid var(--line); border-radius: .5rem .5rem 0 0; }
.card > summary:focus-visible { outline-offset: -2px; } summary h2 { display: inline; margin-right: .4rem; font: 600 var(--mono); } summary h2 ~ span:not(.quiet) { border: 1px solid currentColor; border-radius: 1rem; padding: 0 .5rem; font-size: .75rem; margin-right: .4rem; }
.body { padding: .5rem .75rem .75rem; } .body > .questions p, .body > .questions ul { display: inline; padding: 0; margin-right: .3rem; } .body > .questions li { display: inline; } .body > .questions li + li::before { content: '; '; }
.members { max-height: 10rem; overflow: auto; } .members ul { list-style: none; padding: .25rem 0; margin: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); gap: .1rem .75rem; font: var(--mono); }
.apply { margin-top: .5rem; color: var(--quiet); } .apply summary { cursor: pointer; }
.why { list-style: none; padding-left: 0; font-size: .8125rem; }

.code { border: 1px solid var(--line); border-radius: .375rem; margin: .5rem 0; white-space: pre-wrap; overflow: clip; }
.code .at { color: var(--quiet); background: var(--panel); padding: .1rem .6rem; } .code .c, .code ins, .code del { display: block; padding: 0 .5rem 0 6.5rem; text-decoration: none; position: relative; min-height: 1.25rem; }
.code ins { background: var(--added); } .code del { background: var(--removed); }
.code .c::before, .code del::before, .code .c::after, .code ins::after { position: absolute; top: 0; left: 0; width: 2.6rem; text-align: right; color: var(--quiet); }
.code .c::before, .code del::before { content: attr(data-o); } .code .c::after, .code ins::after { content: attr(data-n); left: 2.9rem; }
.review .code [data-c]:not(.on) { background: var(--panel); color: var(--quiet); } .review .code ins { box-shadow: inset 3px 0 var(--good); } .review .code del { box-shadow: inset 3px 0 var(--bad); }
.code .its { box-shadow: inset 3px 0 var(--link) !important; }
.thread { font: .875rem/1.5 system-ui, sans-serif; white-space: normal; border: 1px solid var(--line); border-radius: .375rem; padding: .4rem .75rem .5rem; margin: .5rem 0; background: var(--back); max-width: 56rem; scroll-margin: 3.5rem 0 6rem; }
.code .thread { margin: .5rem .75rem .6rem 6.5rem; } .thread[data-is=accepted] { border-left: 3px solid var(--good); } .thread[data-is=rejected] { border-left: 3px solid var(--bad); }
.thread:focus { outline: 2px solid var(--link); outline-offset: 1px; } .thread p:first-child > span:first-child { font-weight: 600; } .thread { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 .75rem; } .thread > * { grid-column: 1; } .thread .buttons { grid-area: 1 / 2 / span 4; align-self: start; margin: 0; } .thread .state { order: -1; }
[data-to][aria-pressed=true] { color: var(--back); background: var(--good); border-color: transparent; } [data-to=no][aria-pressed=true] { background: var(--bad); }
body:has(#split:checked) .block { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); grid-auto-flow: dense; }
body:has(#split:checked) .block del { grid-column: 1; padding-left: 3.5rem; } body:has(#split:checked) .block ins { grid-column: 2; padding-left: 3.5rem; } body:has(#split:checked) .block ins::after { left: 0; }
pre { white-space: pre-wrap; padding: .6rem; border: 1px solid var(--line); border-radius: .375rem; margin: .4rem 0; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; } th, td { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; }

.bar { position: sticky; bottom: 0; z-index: 3; min-height: var(--bar); display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; padding: .6rem 1rem; background: var(--panel); border-top: 1px solid var(--line); } .bar p { flex: 1; min-width: 14rem; margin: 0; }
#said:not(:empty) { display: block; }
dialog { border: 1px solid var(--line); border-radius: .5rem; background: var(--back); color: var(--text); max-width: 30rem; padding: 1rem 1.25rem; } dialog::backdrop { background: #0008; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .3rem 1rem; } dd { margin: 0; }
@media (max-width: 56rem) {
 .columns { display: block; } nav { position: static; max-height: none; padding: .75rem 1rem 0; } #list { max-height: 11rem; border-bottom: 1px solid var(--line); }
}
@media (max-width: 40rem) {
 body > header, main, nav { padding-inline: .6rem; } .body { padding-inline: .5rem; } .code .c, .code ins, .code del { padding-left: 2.6rem; } .code .c::before, .code del::before { content: none; } .code .c::after, .code ins::after { left: 0; width: 2.1rem; } .code .thread { margin: .4rem; } .thread .buttons { grid-area: auto / 1; margin-top: .4rem; } .thread .state { order: 0; }
 body:has(#split:checked) .block { display: block; } body:has(#split:checked) .block :is(ins, del) { padding-left: 2.6rem; } .switch { display: none; }
}
`

/**
 * All that runs in the page: it filters, folds, moves and copies what is there, and, where it is served, sends what was accepted.
 * It makes no markup of a text.
 */
export const SCRIPT = `
'use strict';
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector, within = document) => within.querySelector(selector);
const numbers = (words) => (words || '').split(' ').filter(Boolean).map(Number);
const counted = (count, word) => count + ' ' + word + (count === 1 ? '' : 's');
const say = (words) => { one('#said').textContent = words; };
const isReview = document.body.classList.contains('review');

// A target has what was decided about each of its changes: true, false, or nothing yet. Out of it are those that are not ticked.
const targets = all('#list li').map((item, index) => ({ index, item, path: one('.path', item).textContent, writes: item.dataset.writes.split('\\n').filter(Boolean), marks: [], made: [], isIn: true }));
for (const mark of all('.mark')) targets[mark.dataset.mark].marks.push(mark);
const groups = all('.card').map((card) => {
  const threads = all('[data-change]', card).sort((a, b) => a.dataset.change - b.dataset.change);
  const group = {
    card, threads, members: numbers(card.dataset.targets).map((index) => targets[index]), items: all('.members li', card), patches: all('.apply pre', card),
    lines: all('[data-c]', card), needs: threads.map((thread) => numbers(thread.dataset.needs)), preparedBy: threads.map((thread) => numbers(thread.dataset.with)),
  };
  for (const target of group.members) target.group = group;
  return group;
});
const isShown = (target) => !target.item.hidden;
const shownIn = (group) => group.members.filter(isShown);
const chosenIn = (group) => group.members.filter((target) => isShown(target) && target.isIn);
const canDecide = targets.filter((target) => target.group.threads.length > 0);
const isAccepted = (target) => target.isIn && target.made.some(Boolean);
const isDecided = (target) => !target.isIn || target.group.threads.every((_, change) => target.made[change] !== undefined);

const pressed = new Set();
function filter() {
  const words = one('#path').value.toLowerCase();
  const kind = one('#kind') ? one('#kind').value : '';
  for (const group of groups) {
    const hasKind = kind === '' || numbers(group.card.dataset.kinds).includes(Number(kind));
    for (const [at, target] of group.members.entries()) {
      const isIt = hasKind && (pressed.size === 0 || pressed.has(target.item.dataset.verdict)) && target.path.toLowerCase().includes(words);
      for (const element of [target.item, group.items[at], group.patches[at]]) if (element) element.hidden = !isIt;
    }
    const [first, ...more] = shownIn(group);
    group.card.hidden = first === undefined;
    if (first === undefined) continue;
    one('h2', group.card).textContent = first.path + (more.length > 0 ? ' and ' + more.length + ' more' : '');
    const hidden = group.members.length - more.length - 1;
    if (group.items.length > 0) one('.same', group.card).textContent = counted(more.length + 1, 'file') + (hidden > 0 ? ', and in ' + hidden + ' hidden by the filter' : '');
    if (isReview) show(group);
  }
  const count = targets.filter(isShown).length;
  one('#shown').textContent = count === targets.length ? counted(count, 'target') : count + ' of ' + counted(targets.length, 'target') + ' shown';
  tell();
}
for (const button of all('[data-only]'))
  button.addEventListener('click', () => {
    if (!pressed.delete(button.dataset.only)) pressed.add(button.dataset.only);
    button.setAttribute('aria-pressed', String(pressed.has(button.dataset.only)));
    filter();
  });
for (const input of all('#path, #kind')) input.addEventListener('input', filter);

one('#fold').addEventListener('click', ({ target }) => {
  const open = !groups.some(({ card }) => !card.hidden && card.open);
  for (const { card } of groups) if (!card.hidden) card.open = open;
  target.textContent = open ? 'Fold all' : 'Unfold all';
});
function unfoldTarget() {
  const place = document.getElementById(location.hash.slice(1));
  const card = place && place.closest('.card');
  if (card) { card.open = true; one('summary', card).focus({ preventScroll: true }); card.scrollIntoView(); }
}
addEventListener('hashchange', unfoldTarget);
document.addEventListener('focusin', ({ target }) => {
  const card = target.closest('.card');
  if (!card) return;
  for (const { item, group } of targets) item.classList.toggle('here', group.card === card);
  const thread = target.closest('.thread');
  for (const line of all('.its')) line.classList.remove('its');
  for (const line of thread ? all('[data-c]', card) : []) line.classList.toggle('its', numbers(line.dataset.c).includes(Number(thread.dataset.change)));
  const here = one('#list .here:not([hidden])');
  if (here) one('#list').scrollTop = here.offsetTop - one('#list').clientHeight / 2;
});

// Keys: from change to change, and what is decided about the one that has the focus.
const placeOf = (element) => element.closest('.thread') || (element.closest('.card') && one('summary', element.closest('.card')));
function move(by, isStop) {
  const stops = groups.filter(({ card }) => !card.hidden).flatMap(({ card }) => [one('summary', card), ...(card.open ? all('.thread', card) : [])]);
  const at = stops.indexOf(placeOf(document.activeElement));
  const rest = by > 0 ? stops.slice(at + 1) : stops.slice(0, at < 0 ? stops.length : at).reverse();
  const next = rest.find(isStop);
  if (next) next.focus();
}
const isFile = (stop) => stop.matches('summary');
function decideHere(to) {
  const place = placeOf(document.activeElement);
  const group = groups.find(({ card }) => card.contains(place));
  if (!group || group.threads.length === 0 || (!isFile(place) && !place.dataset.change)) return say('there is no change to decide here: j goes to the next one');
  decide(group, isFile(place) ? [...group.threads.keys()] : [Number(place.dataset.change)], to);
}
const help = one('#help');
const keys = {
  j: () => move(1, () => true), k: () => move(-1, () => true), ']': () => move(1, isFile), '[': () => move(-1, isFile),
  '/': () => one('#path').focus(), '?': () => help.showModal(),
  ...(isReview ? { a: () => decideHere(true), r: () => decideHere(false), u: () => decideHere(undefined) } : {}),
};
document.addEventListener('keydown', (event) => {
  if (!one('#single').checked || event.ctrlKey || event.metaKey || event.altKey || help.open || event.target.matches('input[type=search], select') || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});
one('#keys').addEventListener('click', () => help.showModal());
one('#close').addEventListener('click', () => help.close());

/** Accepts (true), rejects (false) or reopens what is shown and ticked in a group, with all that cannot go without it. */
function decide(group, changes, to) {
  const along = new Set();
  const take = (made, change) => {
    if (made[change] === to) return;
    made[change] = to;
    if (!changes.includes(change)) along.add(change);
    if (to) group.needs[change].forEach((other) => take(made, other));
    else group.needs.forEach((needs, other) => { if (needs.includes(change) && (made[other] || to === false)) take(made, other); });
  };
  for (const { made } of chosenIn(group)) for (const change of changes) take(made, change);
  show(group);
  tell();
  const how = to ? 'accepted too, because it is needed: ' : (to === false ? 'rejected too' : 'undecided too') + ', because it needs that: ';
  say(along.size === 0 ? '' : how + [...along].map((change) => messageOf(group, change)).join('; '));
}
const messageOf = (group, change) => one('[id$="-m"]', group.threads[change]).textContent;

const GLYPHS = { accepted: '✓', rejected: '✕', 'left out': '–', 'accepted in part': '◐', 'not decided': '○' };
function stateOf(target) {
  if (!target.isIn) return 'left out';
  const made = target.group.threads.map((_, change) => target.made[change]);
  if (made.every((to) => to)) return 'accepted';
  if (made.every((to) => to === false)) return 'rejected';
  return made.some((to) => to) ? 'accepted in part' : 'not decided';
}
function show(group) {
  if (group.threads.length === 0) return;
  const chosen = chosenIn(group);
  const count = (changes, to) => chosen.filter(({ made }) => changes.every((change) => made[change] === to)).length;
  const paint = (within, changes) => {
    const [yes, no] = [count(changes, true), count(changes, false)];
    const is = chosen.length === 0 ? '' : yes === chosen.length ? 'accepted' : no === chosen.length ? 'rejected' : '';
    for (const button of all('[data-to]', within)) {
      button.disabled = chosen.length === 0;
      button.setAttribute('aria-pressed', String(is === (button.dataset.to === 'yes' ? 'accepted' : 'rejected')));
    }
    const some = [[yes, 'accepted'], [no, 'rejected']].filter(([files]) => files > 0 && is === '');
    one('.state', within).textContent = some.map(([files, word]) => word + ' in ' + files + ' of ' + counted(chosen.length, 'file')).join(', ');
    within.dataset.is = is;
  };
  for (const [change, thread] of group.threads.entries()) {
    paint(thread, [change]);
    const without = new Set(chosen.flatMap(({ made }) => made[change] ? group.preparedBy[change].filter((other) => !made[other]) : []));
    const warning = one('.todo:last-child', thread);
    warning.hidden = without.size === 0;
    warning.textContent = 'without “' + [...without].map((other) => messageOf(group, other)).join('”, “') + '” this is not what was planned: prove it';
  }
  const whole = one('.body > .buttons', group.card);
  paint(whole, [...group.threads.keys()]);
  const where = ' all' + (chosen.length > 1 ? ' in ' + chosen.length + ' files' : '');
  for (const button of all('button', whole)) button.textContent = (button.dataset.to === 'yes' ? 'Accept' : 'Reject') + where;
  for (const line of group.lines) {
    const changes = numbers(line.dataset.c);
    line.classList.toggle('on', chosen.length > 0 && chosen.every(({ made }) => changes.length === 0 ? made.some(Boolean) : changes.some((change) => made[change])));
  }
  for (const target of group.members) {
    const is = stateOf(target);
    for (const mark of target.marks) { mark.textContent = GLYPHS[is]; mark.setAttribute('aria-label', is); mark.dataset.is = is; }
  }
}

/** Says what is written; without anything to decide, what changes. */
function tell() {
  const written = targets.filter((target) => isReview ? isAccepted(target) : isShown(target) && target.writes.length > 0);
  const files = (list) => counted(new Set(list.flatMap((target) => target.writes)).size, 'file');
  const changes = (list) => counted(list.reduce((sum, { made }) => sum + made.filter(Boolean).length, 0), 'change');
  if (!isReview) { one('#sum').textContent = 'changes ' + files(written); one('#copy').disabled = written.length === 0; return; }
  const hidden = written.filter((target) => !isShown(target));
  one('#sum').textContent = written.length === 0 ? 'writes nothing yet' : 'writes ' + changes(written) + ' in ' + files(written);
  one('#rest').textContent = hidden.length === 0 ? '' : changes(hidden) + ' in ' + files(hidden) + ' hidden by the filter';
  one('#write').disabled = written.length === 0;
  const decided = canDecide.filter(isDecided).length;
  one('#decided').textContent = decided + ' of ' + canDecide.length + ' decided';
  one('#progress').max = canDecide.length;
  one('#progress').value = decided;
  const shown = canDecide.filter((target) => isShown(target) && target.isIn).length;
  for (const [id, word] of [['#accept', 'Accept'], ['#reject', 'Reject']]) {
    one(id).textContent = word + (shown === canDecide.length ? ' all ' + shown : ' ' + shown + ' shown');
    one(id).disabled = shown === 0;
  }
}

async function send(to, body) {
  try {
    const answer = await fetch(to, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    say((await answer.json()).message);
    if (!answer.ok) return;
    one('#sum').textContent = one('#rest').textContent = '';
    for (const control of all('button, input, select')) control.disabled = true;
  } catch {
    say('nobody answers: has the review ended in the terminal?');
  }
}
async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    // A page of the file system may not have the clipboard.
    const area = document.createElement('textarea');
    area.value = words;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}

for (const element of all('.tools, .filters, .bar')) element.hidden = false;
if (isReview) {
  for (const group of groups) {
    group.card.addEventListener('click', ({ target: button }) => {
      if (!button.dataset.to) return;
      const thread = button.closest('.thread');
      const to = button.getAttribute('aria-pressed') === 'true' ? undefined : button.dataset.to === 'yes';
      decide(group, thread ? [Number(thread.dataset.change)] : [...group.threads.keys()], to);
    });
    for (const box of all('.member', group.card)) box.addEventListener('change', () => { targets[box.dataset.target].isIn = box.checked; show(group); tell(); });
  }
  for (const [id, to] of [['#accept', true], ['#reject', false]])
    one(id).addEventListener('click', () => { for (const group of groups) decide(group, [...group.threads.keys()], to); });
  one('#write').addEventListener('click', () => send('write', { accepted: targets.filter(isAccepted).map(({ index, made }) => ({ target: index, changes: [...made.keys()].filter((change) => made[change]) })) }));
  one('#end').addEventListener('click', () => send('end', {}));
} else
  one('#copy').addEventListener('click', () => {
    const shown = groups.flatMap(({ patches }) => patches.filter((pre) => !pre.hidden));
    copy(shown.map((pre) => pre.textContent).join('\\n'));
    say('the commands are copied: paste them into a shell in the folder that it was run in');
  });
filter();
unfoldTarget();
`
