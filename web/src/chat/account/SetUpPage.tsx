// Where the link leads that a new server prints: making its first administrator.
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { session, tokensFrom } from '../../shared/session/account';
import { Doorway } from './Doorway';
import { SetUpServer } from './documents';
import { type NewAccount, NewAccountForm } from './NewAccountForm';

export default function SetUpPage() {
  const { t } = useTranslation('chat');
  const { client } = useApi();
  const { code = '' } = useParams();
  const setUp = async (account: NewAccount) => {
    const outcome = await act(client, SetUpServer, { input: { code, ...account } });
    if (!outcome.ok) return outcome.faults;
    const { user, tokens } = outcome.payload;
    if (user && tokens) session.begin(tokensFrom(tokens), user.id);
    return [];
  };
  return (
    <Doorway title={t('account.setUp')} lead={t('account.setUpLead')} onward="/admin">
      <NewAccountForm label={t('account.setUpButton')} onMake={setUp} />
    </Doorway>
  );
}
