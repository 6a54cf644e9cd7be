// Draws parts of the message pane for tests, with the texts and the surroundings they need.
import { render } from '@testing-library/react';
import i18next from 'i18next';
import type { ReactNode } from 'react';
import { initReactI18next } from 'react-i18next';
import { vi } from 'vitest';
import common from '../../shared/i18n/en/common';
import messages from '../../shared/i18n/en/messages';
import { type Pane, PaneContext } from '../messages/pane';

await i18next.use(initReactI18next).init({
  resources: { en: { common, messages } },
  lng: 'en',
  ns: ['common', 'messages'],
  defaultNS: 'common',
  interpolation: { escapeValue: false },
});

/** A pane in which everything may be done, and which notes what is. */
export function aPane(more: Partial<Pane> = {}) {
  return {
    t: i18next.getFixedT('en', 'messages'),
    locale: 'en-GB',
    roomId: 'r1',
    viewerId: 'amber',
    isGroup: true,
    mayWrite: true,
    mayReact: true,
    mayModerate: false,
    reply: vi.fn(),
    edit: vi.fn(),
    remove: vi.fn(),
    react: vi.fn(),
    copy: vi.fn(),
    copyLink: vi.fn(),
    find: vi.fn(),
    view: vi.fn(),
    retry: vi.fn(),
    discard: vi.fn(),
    takeBack: vi.fn(),
    ...more,
  } satisfies Pane;
}

export function draw(pane: Pane, part: ReactNode) {
  return render(<PaneContext value={pane}>{part}</PaneContext>);
}
