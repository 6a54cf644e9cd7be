// Light, dark, or as the system has it. Kept in localStorage and put on <html>, where theme.css looks.
export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'tertulia.theme';

export function theme(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return THEMES.find((each) => each === kept) ?? 'system';
  } catch {
    return 'system';
  }
}

export function chooseTheme(wanted: Theme): void {
  try {
    localStorage.setItem(KEY, wanted);
  } catch {
    // Without storage the choice lasts until the page is reloaded.
  }
  show(wanted);
}

/** Before the page is drawn. Another tab's choice holds here too. */
export function startTheme(): void {
  show(theme());
  addEventListener('storage', (event) => {
    if (event.key === KEY) show(theme());
  });
}

function show(wanted: Theme): void {
  if (wanted === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = wanted;
}
