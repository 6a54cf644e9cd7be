// Ends all sessions of a person.
import { useTranslation } from 'react-i18next';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import type { PersonFragment } from '../../shared/gql/admin/graphql';
import { toast } from '../../shared/ui/Toasts';
import { ActDialog } from '../parts/ActDialog';
import { EndSession } from './SessionList';

export interface SignOutEverywhereProps {
  user: Pick<PersonFragment, 'id' | 'displayName'>;
  onClose: () => void;
}

export function SignOutEverywhere({ user: { id, displayName: name }, onClose }: SignOutEverywhereProps) {
  const { t } = useTranslation('admin');
  const { client } = useApi();
  return (
    <ActDialog
      title={t('sessions.endAllTitle', { name })}
      action={t('sessions.endAll')}
      danger
      act={() => act(client, EndSession, { input: { userId: id } })}
      onDone={({ ended }) => {
        toast({ text: t('sessions.ended', { count: ended, name }) });
        onClose();
      }}
      onClose={onClose}
    >
      {t('sessions.endAllText')}
    </ActDialog>
  );
}
