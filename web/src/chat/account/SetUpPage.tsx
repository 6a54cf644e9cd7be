// Where the link leads that a new server prints: making its first administrator.
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { session, tokensFrom, useSession } from '../../shared/session/account';
import { Button } from '../../shared/ui/Button';
import { Doorway } from './Doorway';
import styles from './Doorway.module.css';
import { SetUpServer } from './documents';
import { type NewAccount, NewAccountForm } from './NewAccountForm';
import { useViewer } from './viewer';

/** Whom this page has made an administrator. Kept outside of it: it is drawn anew for whoever signs in. */
let made: string | null = null;

export default function SetUpPage() {
  const { t } = useTranslation('chat');
  const { client } = useApi();
  const { code = '' } = useParams();
  const state = useSession();
  const setUp = async (account: NewAccount) => {
    const outcome = await act(client, SetUpServer, { input: { code, ...account } });
    if (!outcome.ok) return outcome.faults;
    const { user, tokens } = outcome.payload;
    if (user && tokens) {
      made = user.id;
      session.begin(tokensFrom(tokens), user.id);
    }
    return [];
  };
  if (state.is === 'signedIn' && state.userId !== made) return <SignedInAlready />;
  return (
    <Doorway title={t('account.setUp')} lead={t('account.setUpLead')} onward="/admin">
      <NewAccountForm label={t('account.setUpButton')} onMake={setUp} />
    </Doorway>
  );
}

/** The link makes an account, and nobody makes one without leaving their own. */
function SignedInAlready() {
  const { t } = useTranslation('chat');
  const navigate = useNavigate();
  const viewer = useViewer();
  return (
    <Doorway title={t('account.setUp')} lead={viewer && t('account.setUpAs', { name: viewer.displayName })} forAll>
      <p>{t('account.setUpLeave')}</p>
      <div className={styles.form}>
        <Button look="primary" wide onClick={() => void session.signOut()}>
          {t('account.setUpSignOut')}
        </Button>
        <Button wide onClick={() => void navigate('/')}>
          {t('account.setUpStay')}
        </Button>
      </div>
    </Doorway>
  );
}
