/** Light, dark, or what the system says. */
import { byId, setText } from './element';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const KEY = 'tdaemon-theme';

/** A browser may keep nothing for us. */
function stored(): Theme {
  try {
    const found = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === found) ?? 'system';
  } catch {
    return 'system';
  }
}

function store(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It holds as long as the page does.
  }
}

export function startTheme(): void {
  const button = byId('theme');
  const show = (theme: Theme) => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    const label = button.querySelector('span');
    if (label) setText(label, `Theme: ${theme}`);
  };
  let theme = stored();
  show(theme);
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
    store(theme);
    show(theme);
  });
}
