// Making an account.
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import { useQuery } from 'urql';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { session, tokensFrom } from '../../shared/session/account';
import { Doorway } from './Doorway';
import styles from './Doorway.module.css';
import { ServerInfo, Signup } from './documents';
import { type NewAccount, NewAccountForm } from './NewAccountForm';

export default function SignUpPage() {
  const { t } = useTranslation('chat');
  const { client } = useApi();
  const { search } = useLocation();
  const signUp = async (input: NewAccount) => {
    const outcome = await act(client, Signup, { input });
    if (!outcome.ok) return outcome.faults;
    const { user, tokens } = outcome.payload;
    if (user && tokens) session.begin(tokensFrom(tokens), user.id);
    return [];
  };
  const [{ data }] = useQuery({ query: ServerInfo });
  const isClosed = data?.serverInfo.signupOpen === false;
  return (
    <Doorway title={t('account.pullUpAChair')} lead={isClosed && t('account.signUpClosed')}>
      {!isClosed && <NewAccountForm label={t('account.signUp')} onMake={signUp} />}
      <p className={styles.other}>
        {t('account.haveOne')} <Link to={`/sign-in${search}`}>{t('account.signIn')}</Link>
      </p>
    </Doorway>
  );
}
