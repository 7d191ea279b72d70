/**
 * @file The page's script, without which everything can be read too: the switch between light and dark, tips that follow
 * the pointer at once, and a place in the tab order for what has to be scrolled sideways.
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
  document.addEventListener('pointermove', ({ target, clientX, clientY }) => {
    const text = target instanceof Element ? target.closest('.tip')?.dataset.tip : undefined;
    tip.style.visibility = text ? 'visible' : 'hidden';
    if (!text) return;
    tip.textContent = text;
    tip.style.left = Math.max(4, Math.min(clientX + 14, innerWidth - tip.offsetWidth - 8)) + 'px';
    tip.style.top = (clientY + 18 + tip.offsetHeight > innerHeight ? clientY - tip.offsetHeight - 10 : clientY + 18) + 'px';
  });
  document.addEventListener('scroll', () => (tip.style.visibility = 'hidden'), { passive: true });

  const reachable = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
      else target.removeAttribute('tabindex');
    }
  });
  for (const box of document.querySelectorAll('.scroll')) reachable.observe(box);
})();
`;
