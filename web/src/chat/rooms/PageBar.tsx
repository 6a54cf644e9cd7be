// The bar at the top of what stands beside the list.
import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { IconButton } from '../../shared/ui/Button';
import { classes } from '../../shared/ui/classes';
import styles from './Rooms.module.css';

export interface PageBarProps {
  title: ReactNode;
  subtitle?: ReactNode;
  picture?: ReactNode;
  /** Where the button back leads; to the list unless said otherwise. */
  back?: string;
  /** Whether it is there on a wide screen, too. */
  alwaysBack?: boolean;
  children?: ReactNode;
}

export function PageBar({ title, subtitle, picture, back = '/', alwaysBack, children }: PageBarProps) {
  const { t } = useTranslation('common');
  const navigate = useNavigate();
  return (
    <header className={styles.bar}>
      <IconButton
        label={t('back')}
        icon={<ArrowLeft />}
        className={classes(alwaysBack ? styles.always : styles.back)}
        onClick={() => void navigate(back)}
      />
      {picture}
      <div className={styles.titles}>
        <h1 dir="auto">{title}</h1>
        {subtitle && <p>{subtitle}</p>}
      </div>
      {children}
    </header>
  );
}
