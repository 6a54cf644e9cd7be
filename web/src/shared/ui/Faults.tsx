// What went wrong, where it went wrong, and what to do about it.
import { useTranslation } from 'react-i18next';
import { type Fault, mayPass, sentence } from '../api/faults';
import { Button } from './Button';
import styles from './Faults.module.css';

/** Those that a field shows beside itself are left out; nothing is drawn when none is left. */
export function Faults({ faults, except = [], onRetry }: { faults: readonly Fault[]; except?: readonly string[]; onRetry?: () => void }) {
  const { t } = useTranslation('common');
  const shown = faults.filter(({ field }) => field === null || !except.includes(field));
  if (shown.length === 0) return null;
  return (
    <div className={styles.faults} role="alert">
      {shown.map((fault) => (
        <p key={fault.code + fault.message}>{sentence(fault, t)}</p>
      ))}
      {onRetry && shown.some(mayPass) && <Button onClick={onRetry}>{t('retry')}</Button>}
    </div>
  );
}

/** What the server said against one field. */
export function faultOn(faults: readonly Fault[], field: string): string | undefined {
  return faults.find((fault) => fault.field === field)?.message;
}
