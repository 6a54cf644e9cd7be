// Says how the live connection is, while there is something to say: lost, catching up, back.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useApi, useLiveState } from '../../shared/api/ApiProvider';
import type { State } from '@tertulia/resume';
import { Button } from '../../shared/ui/Button';
import { classes } from '../../shared/ui/classes';
import { useNow } from '../../shared/ui/useNow';
import styles from './ConnectionBar.module.css';

/** Connecting is not worth a word unless it takes long. */
const PATIENCE_MS = 1_500;
const GOOD_NEWS_MS = 3_000;

export function ConnectionBar() {
  const state = useLiveState();
  const shown = useShown(state);
  return (
    <div role="status" aria-live="polite">
      {shown && <Bar state={shown} />}
    </div>
  );
}

function Bar({ state }: { state: State }) {
  const { t } = useTranslation('chat');
  const { live } = useApi();
  switch (state.is) {
    case 'waiting':
      return (
        <p className={classes(styles.bar, styles.waiting)}>
          <span>{t(`connection.${state.reason}`)}</span>
          {state.reason !== 'offline' && <Countdown until={state.retryAt} />}
          <Button look="plain" onClick={() => live.retry()}>
            {t('connection.retry')}
          </Button>
        </p>
      );
    case 'connecting':
      return <p className={classes(styles.bar, styles.working)}>{t('connection.now')}</p>;
    case 'catchingUp':
      return (
        <p className={classes(styles.bar, styles.working)}>
          {state.backlog ? t('connection.catchingUpWith', { count: state.backlog }) : t('connection.catchingUp')}
        </p>
      );
    case 'live':
      return <p className={classes(styles.bar, styles.good)}>{t('connection.caughtUp')}</p>;
    case 'ended':
      return <p className={classes(styles.bar, styles.ended)}>{t('connection.ended', { message: state.message })}</p>;
    default:
      return null;
  }
}

/** Not read out: a number that changes each second would be all one hears. */
function Countdown({ until }: { until: number }) {
  const { t } = useTranslation('chat');
  const now = useNow(1_000);
  const seconds = Math.ceil((until - now) / 1_000);
  return <span aria-hidden="true">{seconds > 0 ? t('connection.again', { count: seconds }) : t('connection.now')}</span>;
}

/** The state that is worth a word, or null: short hitches and a connection that simply works are not. */
function useShown(state: State): State | null {
  const [shown, setShown] = useState<State | null>(null);
  /** Whether a cut was shown, so that its end is worth a word. */
  const wasCut = useRef(false);
  useEffect(() => {
    if (state.is === 'live') {
      if (!wasCut.current) {
        setShown(null);
        return;
      }
      wasCut.current = false;
      setShown(state);
      const timer = setTimeout(() => setShown(null), GOOD_NEWS_MS);
      return () => clearTimeout(timer);
    }
    // Signing out leads away from here.
    if (state.is === 'idle' || (state.is === 'ended' && ['UNAUTHENTICATED', 'CLOSED'].includes(state.code))) {
      setShown(null);
      return;
    }
    const tell = () => {
      wasCut.current = true;
      setShown(state);
    };
    if (state.is === 'waiting' || state.is === 'ended' || wasCut.current) {
      tell();
      return;
    }
    const timer = setTimeout(tell, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [state]);
  return shown;
}
