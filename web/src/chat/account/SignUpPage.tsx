// Making an account.
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import { useQuery } from 'urql';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { session, tokensFrom } from '../../shared/session/account';
import { Button } from '../../shared/ui/Button';
import { Faults, faultOn } from '../../shared/ui/Faults';
import { TextField } from '../../shared/ui/Field';
import { missing, text, useSubmit } from '../../shared/ui/useSubmit';
import { Doorway } from './Doorway';
import styles from './Doorway.module.css';
import { ServerInfo, Signup } from './documents';

const FIELDS = ['username', 'email', 'password', 'firstName', 'lastName'];
const REQUIRED = ['username', 'email', 'password'];

export default function SignUpPage() {
  const { t } = useTranslation('chat');
  const { client } = useApi();
  const { search } = useLocation();
  const { busy, faults, onSubmit } = useSubmit(async (fields) => {
    const empty = missing(fields, REQUIRED, t('account.required'));
    if (empty.length > 0) return empty;
    const input = {
      username: text(fields, 'username').trim(),
      email: text(fields, 'email').trim(),
      password: text(fields, 'password'),
      firstName: text(fields, 'firstName').trim(),
      lastName: text(fields, 'lastName').trim(),
    };
    const outcome = await act(client, Signup, { input });
    if (!outcome.ok) return outcome.faults;
    const { user, tokens } = outcome.payload;
    if (user && tokens) session.begin(tokensFrom(tokens), user.id);
    return [];
  });
  const [{ data }] = useQuery({ query: ServerInfo });
  const isClosed = data?.serverInfo.signupOpen === false;
  return (
    <Doorway title={t('account.pullUpAChair')} lead={isClosed && t('account.signUpClosed')}>
      {!isClosed && (
      <form className={styles.form} onSubmit={onSubmit} noValidate>
        <Faults faults={faults} except={FIELDS} />
        <TextField
          label={t('account.username')}
          name="username"
          hint={t('account.usernameHint')}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          fault={faultOn(faults, 'username')}
        />
        <TextField label={t('account.email')} name="email" type="email" autoComplete="email" fault={faultOn(faults, 'email')} />
        <TextField
          label={t('account.password')}
          name="password"
          type="password"
          hint={t('account.passwordHint')}
          autoComplete="new-password"
          fault={faultOn(faults, 'password')}
        />
        <div className={styles.pair}>
          <TextField label={t('account.firstName')} name="firstName" optional autoComplete="given-name" fault={faultOn(faults, 'firstName')} />
          <TextField label={t('account.lastName')} name="lastName" optional autoComplete="family-name" fault={faultOn(faults, 'lastName')} />
        </div>
        <Button type="submit" look="primary" wide busy={busy}>
          {t('account.signUp')}
        </Button>
      </form>
      )}
      <p className={styles.other}>
        {t('account.haveOne')} <Link to={`/sign-in${search}`}>{t('account.signIn')}</Link>
      </p>
    </Doorway>
  );
}
