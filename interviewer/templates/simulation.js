"use strict";
// Filters hide what does not match; without a script every interview is shown.
const filters = document.querySelector('form.filters');
const interviews = [...document.querySelectorAll('details.interview')];
const shown = filters.querySelector('output');
function apply() {
  const { study, ended, flag } = filters.elements;
  for (const one of interviews) {
    one.hidden = Boolean((study.value && one.dataset.study !== study.value)
      || (ended.value && one.dataset.ended !== ended.value)
      || (flag.value && !one.dataset.flags.split('|').includes(flag.value)));
  }
  for (const group of document.querySelectorAll('section.study')) {
    group.hidden = !group.querySelector('details.interview:not([hidden])');
  }
  const left = interviews.filter((one) => !one.hidden).length;
  shown.value = left === interviews.length ? `${left} interviews` : `${left} of ${interviews.length} interviews`;
}
function openTarget() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target || target.tagName !== 'DETAILS') return;
  if (target.hidden) { filters.reset(); apply(); }
  target.open = true;
  target.scrollIntoView();
}
filters.addEventListener('change', apply);
filters.addEventListener('reset', () => setTimeout(apply));
filters.querySelector('button[type=button]').addEventListener('click', () => {
  const left = interviews.filter((one) => !one.hidden);
  const open = left.some((one) => !one.open);
  for (const one of left) one.open = open;
});
addEventListener('hashchange', openTarget);
addEventListener('beforeprint', () => { for (const one of interviews) one.open = true; });
filters.hidden = false;
apply();
openTarget();
