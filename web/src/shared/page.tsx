// Starts a page: its theme and language before anything is drawn, and a net under all of it.
import './ui/theme.css';

import { type ReactNode, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { type Area, startLanguage } from './i18n';
import common from './i18n/en/common';
import { CrashNet } from './ui/Crash';
import { startTheme } from './ui/theme';
import { Toasts } from './ui/Toasts';

const COMMON: Area = { en: common, es: () => import('./i18n/es/common') };

export async function startPage(areas: Readonly<Record<string, Area>>, page: ReactNode): Promise<void> {
  startTheme();
  await startLanguage({ common: COMMON, ...areas });
  const root = document.getElementById('root');
  if (!root) throw new Error('The page has no #root to draw in.');
  createRoot(root).render(
    <StrictMode>
      <CrashNet>{page}</CrashNet>
      <Toasts />
    </StrictMode>,
  );
}
