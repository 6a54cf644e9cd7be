// A person's or a room's picture, or else its initials on a colour that stays its own.
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ownUrl } from '../api/urls';
import styles from './Avatar.module.css';
import { classes } from './classes';
import { VisuallyHidden } from './VisuallyHidden';

export interface AvatarProps {
  /** What the colour is made from. */
  id: string;
  name: string;
  url?: string | null | undefined;
  presence?: 'ONLINE' | 'AWAY' | 'OFFLINE' | undefined;
  /** In place of initials. */
  icon?: ReactNode;
  shape?: 'person' | 'room';
  /** In rem. */
  size?: number;
}

const COLOURS = 8;

/** The name is not read out: it stands beside. Presence is. */
export function Avatar({ id, name, url, presence, icon, shape = 'person', size = 2.5 }: AvatarProps) {
  const source = ownUrl(url);
  const [broken, setBroken] = useState<string>();
  const drawn = source && source !== broken;
  return (
    <span
      className={classes(styles.avatar, shape === 'room' && styles.room, !drawn && styles[`colour${colourOf(id)}`])}
      style={{ '--avatar-size': `${size}rem` } as React.CSSProperties}
    >
      {drawn ? (
        <img className={styles.picture} src={source} alt="" loading="lazy" decoding="async" draggable={false} onError={() => setBroken(source)} />
      ) : (
        // Drawn, not written: initials are neither read out nor copied with the text beside them.
        <span className={styles.drawn} data-initials={icon ? undefined : initials(name)} aria-hidden="true">
          {icon}
        </span>
      )}
      {presence && presence !== 'OFFLINE' && <Dot presence={presence} />}
    </span>
  );
}

/** Apart, for most pictures stand where nobody asks for presence, and there are many. */
function Dot({ presence }: { presence: 'ONLINE' | 'AWAY' }) {
  const { t } = useTranslation('common');
  return (
    <span className={classes(styles.dot, styles[presence])}>
      <VisuallyHidden>{t(`presence.${presence}`)}</VisuallyHidden>
    </span>
  );
}

/** The first letters of the first and the last word; whole characters, whatever the script. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = (word: string | undefined) => /[\p{L}\p{N}]/u.exec(word ?? '')?.[0] ?? '';
  const letters = words.length > 1 ? first(words[0]) + first(words.at(-1)) : first(words[0]);
  return letters.toLocaleUpperCase() || '?';
}

export function colourOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return sum % COLOURS;
}
