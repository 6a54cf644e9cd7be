// The frame of the desk: where one can go, and who one is. On a phone the ways unfold from the top.
import {
  Check,
  Code,
  DoorOpen,
  FileStack,
  Gauge,
  LogOut,
  Menu as MenuIcon,
  MessageSquareText,
  MessagesSquare,
  MonitorSmartphone,
  ScrollText,
  SlidersHorizontal,
  UsersRound,
  X,
} from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { NavLink, useLocation } from 'react-router';
import { changeLanguage } from '../../shared/i18n';
import { LANGUAGE_NAMES, LANGUAGES } from '../../shared/i18n/language';
import { session } from '../../shared/session/account';
import { Avatar } from '../../shared/ui/Avatar';
import { IconButton } from '../../shared/ui/Button';
import icon from '../../shared/ui/icon.svg';
import { Menu, MenuItem, MenuLine } from '../../shared/ui/Menu';
import { SkipLink } from '../../shared/ui/SkipLink';
import { chooseTheme, THEMES, theme } from '../../shared/ui/theme';
import { useViewer } from '../Gate';
import styles from './Shell.module.css';

const WAYS = [
  ['/', 'overview', Gauge],
  ['/users', 'users', UsersRound],
  ['/rooms', 'rooms', MessagesSquare],
  ['/messages', 'messages', MessageSquareText],
  ['/sessions', 'sessions', MonitorSmartphone],
  ['/uploads', 'uploads', FileStack],
  ['/configuration', 'configuration', SlidersHorizontal],
  ['/audit', 'audit', ScrollText],
] as const;

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTranslation('admin');
  const { pathname } = useLocation();
  const [isOpen, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const unfold = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    setOpen(false);
    main.current?.scrollTo(0, 0);
  }, [pathname]);
  // What had the focus is no longer to be seen.
  const close = ({ key }: KeyboardEvent) => {
    if (key !== 'Escape' || !isOpen) return;
    setOpen(false);
    unfold.current?.focus();
  };
  return (
    <div className={styles.shell}>
      <SkipLink to={main}>{t('skip')}</SkipLink>
      <header className={styles.side} onKeyDown={close}>
        <div className={styles.top}>
          <NavLink to="/" end className={styles.brand}>
            <img src={icon} alt="" />
            <span>
              Tertulia
              <small>{t('desk')}</small>
            </span>
          </NavLink>
          <IconButton
            ref={unfold}
            className={styles.unfold}
            label={isOpen ? t('nav.close') : t('nav.open')}
            icon={isOpen ? <X /> : <MenuIcon />}
            aria-expanded={isOpen}
            aria-controls="ways"
            onClick={() => setOpen(!isOpen)}
          />
        </div>
        <nav id="ways" className={styles.ways} data-open={isOpen} aria-label={t('desk')}>
          <ul>
            {WAYS.map(([to, name, Icon]) => (
              <li key={to}>
                <NavLink to={to} end={to === '/'} className={styles.way}>
                  <Icon aria-hidden="true" />
                  {t(`nav.${name}`)}
                </NavLink>
              </li>
            ))}
          </ul>
          <Account />
        </nav>
      </header>
      <main ref={main} id="main" className={styles.main} tabIndex={-1}>
        <div className={styles.content}>{children}</div>
      </main>
    </div>
  );
}

function Account() {
  const { t, i18n } = useTranslation('admin');
  const { id, displayName, avatarUrl } = useViewer();
  const [colours, setColours] = useState(theme);
  return (
    <div className={styles.account}>
      <a className={styles.way} href="/">
        <DoorOpen aria-hidden="true" />
        {t('nav.toChat')}
      </a>
      <a className={styles.way} href="/graphql">
        <Code aria-hidden="true" />
        {t('nav.toPlayground')}
      </a>
      <Menu
        align="start"
        trigger={
          <button type="button" className={styles.me}>
            <Avatar id={id} name={displayName} url={avatarUrl} size={2} />
            <span>{displayName}</span>
          </button>
        }
      >
        {THEMES.map((each) => (
          <MenuItem
            key={each}
            icon={<Tick on={each === colours} />}
            onSelect={() => {
              setColours(each);
              chooseTheme(each);
            }}
          >
            {t(`themes.${each}`)}
          </MenuItem>
        ))}
        <MenuLine />
        {LANGUAGES.map((each) => (
          <MenuItem key={each} icon={<Tick on={each === i18n.language} />} onSelect={() => void changeLanguage(each)}>
            <span lang={each}>{LANGUAGE_NAMES[each]}</span>
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem icon={<LogOut />} onSelect={() => void session.signOut()}>
          {t('nav.signOut')}
        </MenuItem>
      </Menu>
    </div>
  );
}

function Tick({ on }: { on: boolean }) {
  return <Check visibility={on ? 'visible' : 'hidden'} aria-hidden="true" />;
}
