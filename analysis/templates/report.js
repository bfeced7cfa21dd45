"use strict";
// Charts: the words of a mark on hover.
for (const mark of document.querySelectorAll('.chart [aria-roledescription][aria-label]')) {
  if (mark.getAttribute('role') !== 'graphics-symbol' || mark.tagName === 'g') continue;
  const title = document.createElementNS('http://www.w3.org/2000/svg', 'title');
  title.textContent = mark.getAttribute('aria-label');
  mark.prepend(title);
}
// A link to a turn opens the interview around it; printing opens everything.
function openTarget() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target) return;
  for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
  target.scrollIntoView({ block: 'center' });
}
addEventListener('hashchange', openTarget);
addEventListener('beforeprint', () => {
  for (const part of document.querySelectorAll('details.print-open')) part.open = true;
});
openTarget();
