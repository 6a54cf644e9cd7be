// Who may come to the desk. Until the server has said that the one who is signed in is an administrator, nothing below is
// drawn, and so nothing is asked for.
import { ShieldX } from 'lucide-react';
import { createContext, type ReactNode, use, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { faultsOf } from '../shared/api/faults';
import { graphql } from '../shared/gql/admin';
import type { DeskViewerQuery } from '../shared/gql/admin/graphql';
import { session, useSession } from '../shared/session/account';
import { signInPath } from '../shared/session/next';
import { Button, buttonClass } from '../shared/ui/Button';
import { EmptyState } from '../shared/ui/EmptyState';
import { Faults } from '../shared/ui/Faults';
import { Loading } from '../shared/ui/Spinner';
import styles from './Gate.module.css';
import { useTitle } from './parts/Page';

export const DeskViewer = graphql(`
  query DeskViewer {
    viewer {
      ...Person
      isAdmin
    }
  }
`);

type Viewer = NonNullable<DeskViewerQuery['viewer']>;

const ViewerContext = createContext<Viewer | null>(null);

/** The administrator at the desk. */
export function useViewer(): Viewer {
  const viewer = use(ViewerContext);
  if (!viewer) throw new Error('useViewer is used outside of Gate.');
  return viewer;
}

export function Gate({ children }: { children: ReactNode }) {
  const isSignedIn = useSession().is === 'signedIn';
  return isSignedIn ? <Judged>{children}</Judged> : <ToSignIn />;
}

/** The page that signs in is another one, and leads back here. */
function ToSignIn() {
  useEffect(() => location.replace(signInPath(location.pathname + location.search + location.hash)), []);
  return <Loading />;
}

function Judged({ children }: { children: ReactNode }) {
  const [{ data, error }, ask] = useQuery({ query: DeskViewer, requestPolicy: 'cache-and-network' });
  const viewer = data?.viewer;
  if (viewer?.isAdmin) return <ViewerContext value={viewer}>{children}</ViewerContext>;
  if (viewer) return <Refused name={viewer.displayName} />;
  if (!error) return <Loading />;
  return (
    <main className={styles.whole}>
      <Faults faults={faultsOf(error)} onRetry={() => ask({ requestPolicy: 'network-only' })} />
    </main>
  );
}

function Refused({ name }: { name: string }) {
  const { t } = useTranslation('admin');
  useTitle(t('refused.title'));
  return (
    <main className={styles.whole}>
      <EmptyState
        icon={<ShieldX aria-hidden="true" />}
        title={t('refused.title')}
        actions={
          <>
            <a className={buttonClass('primary')} href="/">
              {t('refused.toChat')}
            </a>
            <Button onClick={() => void session.signOut()}>{t('refused.signInAnew')}</Button>
          </>
        }
      >
        {t('refused.text', { name })}
      </EmptyState>
    </main>
  );
}
