// A password that the server made: shown this once, to be handed on.
import { Check, Copy } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../shared/ui/Button';
import { Dialog } from '../../shared/ui/Dialog';
import { TextField } from '../../shared/ui/Field';
import { VisuallyHidden } from '../../shared/ui/VisuallyHidden';
import styles from './Secret.module.css';

export function Secret({ name, password, onClose }: { name: string; password: string; onClose: () => void }) {
  const { t } = useTranslation(['admin', 'common']);
  const field = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  const copy = async () => setCopied(await toClipboard(password, field.current));
  return (
    <Dialog
      title={t('secret.title', { name })}
      onClose={onClose}
      narrow
      foot={
        <Button look="primary" onClick={onClose}>
          {t('secret.done')}
        </Button>
      }
    >
      <div className={styles.secret}>
        <p>{t('secret.text', { name })}</p>
        <TextField ref={field} label={t('secret.password')} value={password} readOnly autoFocus spellCheck={false} onFocus={(event) => event.target.select()} />
        <Button onClick={() => void copy()}>
          {isCopied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
          {isCopied ? t('secret.copied') : t('secret.copy')}
        </Button>
        <VisuallyHidden>
          <span role="status">{isCopied && t('secret.copied')}</span>
        </VisuallyHidden>
      </div>
    </Dialog>
  );
}

/** Without TLS, other than on this very machine, browsers have no clipboard: what is marked can still be copied. */
async function toClipboard(text: string, field: HTMLInputElement | null): Promise<boolean> {
  field?.select();
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return document.execCommand('copy');
  }
}
