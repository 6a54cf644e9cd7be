// Signs that something is on its way.
import { useTranslation } from 'react-i18next';
import { classes } from './classes';
import styles from './Spinner.module.css';
import { VisuallyHidden } from './VisuallyHidden';

export function Spinner() {
  return <span className={styles.spinner} aria-hidden="true" />;
}

/** Fills the place of what is being loaded. */
export function Loading() {
  const { t } = useTranslation('common');
  return (
    <div className={styles.page} role="status">
      <Spinner />
      <VisuallyHidden>{t('loading')}</VisuallyHidden>
    </div>
  );
}

/** Stands for a line of text, or for a picture, that is being loaded. */
export function Bone({ width, disc }: { width: string; disc?: boolean }) {
  return (
    <span
      className={classes(styles.bone, disc && styles.disc)}
      style={disc ? { width, height: width, flex: 'none' } : { width }}
      aria-hidden="true"
    />
  );
}
