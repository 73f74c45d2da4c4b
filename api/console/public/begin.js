// The look of the first picture, before anything else is there; src/lib/appearance.svelte.ts has the
// rest. A file of its own and no module: the content policy forbids it in the page, and it has to
// come before the first picture.
(function () {
  var kept = JSON.parse(localStorage.getItem('carewatch.appearance') || '{}');
  var bright = matchMedia('(prefers-color-scheme: light)').matches;
  var chosen = kept.theme === 'dark' || kept.theme === 'light';
  document.documentElement.dataset.theme = chosen ? kept.theme : bright ? 'light' : 'dark';
  document.documentElement.dataset.type = kept.large === true ? 'large' : 'normal';
})();
