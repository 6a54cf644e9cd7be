// The keys of the message pane.
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../shared/ui/Dialog';
import styles from './Shortcuts.module.css';

const LIST = [
  ['upDown', ['↑', '↓']],
  ['ends', ['Home', 'End']],
  ['reply', ['R']],
  ['react', ['+']],
  ['edit', ['E']],
  ['copy', ['C']],
  ['delete', ['Delete']],
  ['menu', ['Enter']],
  ['compose', ['Esc']],
  ['help', ['?']],
] as const;

const WRITING = [
  ['send', ['Enter']],
  ['line', ['Shift + Enter']],
  ['editLast', ['↑']],
  ['cancel', ['Esc']],
  ['search', ['Ctrl + Shift + F']],
] as const;

export default function Shortcuts({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('messages');
  return (
    <Dialog title={t('shortcuts.title')} onClose={onClose} narrow>
      <h3>{t('shortcuts.list')}</h3>
      <dl className={styles.keys}>
        {LIST.map(([what, keys]) => (
          <Line key={what} what={t(`shortcuts.${what}`)} keys={keys} />
        ))}
      </dl>
      <h3>{t('shortcuts.writing')}</h3>
      <dl className={styles.keys}>
        {WRITING.map(([what, keys]) => (
          <Line key={what} what={t(`shortcuts.${what}`)} keys={keys} />
        ))}
      </dl>
    </Dialog>
  );
}

function Line({ what, keys }: { what: string; keys: readonly string[] }) {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{what}</dd>
    </div>
  );
}
