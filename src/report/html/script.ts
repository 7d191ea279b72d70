/**
 * @file The page's script, without which everything can be read too: the switch between light and dark, tips that
 * follow the pointer and the keyboard at once, the section in view among the links, and a place in the tab order for
 * what has to be scrolled sideways.
 */
export const pageScript = `
(() => {
  const root = document.documentElement;
  const button = document.getElementById('theme');
  const preference = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (root.dataset.theme ?? (preference.matches ? 'dark' : 'light')) === 'dark';
  const show = () => {
    button.textContent = isDark() ? 'Light colours' : 'Dark colours';
  };
  button.hidden = false;
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    show();
  });
  preference.addEventListener('change', show);
  show();

  const tip = document.getElementById('tip');
  for (const title of document.querySelectorAll('.tip > title')) {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
  }
  for (const term of document.querySelectorAll('.term')) {
    term.dataset.tip = term.title;
    term.setAttribute('aria-description', term.title);
    term.removeAttribute('title');
  }
  const tell = (target, x, y) => {
    const text = target instanceof Element ? target.closest('.tip, .term')?.dataset.tip : undefined;
    tip.style.visibility = text ? 'visible' : 'hidden';
    if (!text) return;
    tip.textContent = text;
    tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8)) + 'px';
    tip.style.top = (y + 18 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 10 : y + 18) + 'px';
  };
  document.addEventListener('pointermove', ({ target, clientX, clientY }) => tell(target, clientX, clientY));
  document.addEventListener('focusin', ({ target }) => {
    const { left, bottom } = target.getBoundingClientRect();
    tell(target, left, bottom - 12);
  });
  document.addEventListener('scroll', () => (tip.style.visibility = 'hidden'), { passive: true });

  const links = new Map([...document.querySelectorAll('nav a')].map((link) => [link.hash.slice(1), link]));
  const inView = new Set();
  const watched = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) inView[isIntersecting ? 'add' : 'delete'](target.id);
    const first = [...links.keys()].find((id) => inView.has(id));
    for (const [id, link] of links) {
      if (id === first) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  });
  for (const id of links.keys()) watched.observe(document.getElementById(id));

  const reachable = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
      else target.removeAttribute('tabindex');
    }
  });
  for (const box of document.querySelectorAll('.scroll')) reachable.observe(box);
})();
`;
