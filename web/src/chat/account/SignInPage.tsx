// Signing in.
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useSearchParams } from 'react-router';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { session, tokensFrom, useSession } from '../../shared/session/account';
import { Button } from '../../shared/ui/Button';
import { Faults, faultOn } from '../../shared/ui/Faults';
import { TextField } from '../../shared/ui/Field';
import { missing, text, useSubmit } from '../../shared/ui/useSubmit';
import { Doorway } from './Doorway';
import styles from './Doorway.module.css';
import { Login } from './documents';

const FIELDS = ['usernameOrEmail', 'password'];

export default function SignInPage() {
  const { t } = useTranslation('chat');
  const { client } = useApi();
  const state = useSession();
  const { search } = useLocation();
  const [query] = useSearchParams();
  const { busy, faults, onSubmit } = useSubmit(async (fields) => {
    const empty = missing(fields, FIELDS, t('account.required'));
    if (empty.length > 0) return empty;
    const input = { usernameOrEmail: text(fields, 'usernameOrEmail').trim(), password: text(fields, 'password') };
    const outcome = await act(client, Login, { input });
    if (!outcome.ok) return outcome.faults;
    const { user, tokens } = outcome.payload;
    if (user && tokens) session.begin(tokensFrom(tokens), user.id);
    return [];
  });
  const wasEnded = state.is === 'signedOut' && state.by === 'elsewhere';
  const isInvited = query.get('next')?.startsWith('/join/');
  return (
    <Doorway title={t('account.welcomeBack')} lead={isInvited ? t('account.toJoin') : undefined}>
      {wasEnded && (
        <p className={styles.note} role="status">
          {t('account.endedElsewhere')}
        </p>
      )}
      <form className={styles.form} onSubmit={onSubmit} noValidate>
        <Faults faults={faults} except={FIELDS} />
        <TextField
          label={t('account.name')}
          name="usernameOrEmail"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          fault={faultOn(faults, 'usernameOrEmail')}
        />
        <TextField
          label={t('account.password')}
          name="password"
          type="password"
          autoComplete="current-password"
          fault={faultOn(faults, 'password')}
        />
        <Button type="submit" look="primary" wide busy={busy}>
          {t('account.signIn')}
        </Button>
      </form>
      <p className={styles.other}>
        {t('account.newHere')} <Link to={`/sign-up${search}`}>{t('account.signUp')}</Link>
      </p>
    </Doorway>
  );
}
