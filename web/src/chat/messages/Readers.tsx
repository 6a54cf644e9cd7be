// Who has read up to a message: a few small pictures, with all names for whoever asks.
import { Avatar } from '../../shared/ui/Avatar';
import type { Person } from './message';
import { usePane } from './pane';
import styles from './Readers.module.css';

const PICTURES = 4;
const NAMES = 12;

export function Readers({ readers, senderId }: { readers: readonly Person[]; senderId: string | null }) {
  const { t } = usePane();
  // Of who wrote it, it says nothing.
  const others = readers.filter(({ id }) => id !== senderId);
  if (others.length === 0) return null;
  const names = others.slice(0, NAMES).map(({ displayName }) => displayName).join(', ');
  const more = others.length - NAMES;
  const label = more > 0 ? t('readByMore', { names, count: more }) : t('readBy', { names });
  return (
    <span className={styles.readers} role="img" aria-label={label} title={label}>
      {others.slice(0, PICTURES).map(({ id, displayName, avatarUrl }) => (
        <Avatar key={id} id={id} name={displayName} url={avatarUrl} size={1.125} />
      ))}
      {others.length > PICTURES && <span className={styles.more}>+{others.length - PICTURES}</span>}
    </span>
  );
}
