// Beginning a conversation: with one person, with several, or with oneself.
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import type { CreateRoomInput, PersonCardFragment, RoomKind } from '../../shared/gql/chat/graphql';
import { Button } from '../../shared/ui/Button';
import { Dialog } from '../../shared/ui/Dialog';
import { Faults, faultOn } from '../../shared/ui/Faults';
import { Choice } from '../../shared/ui/Field';
import { missing, useSubmit } from '../../shared/ui/useSubmit';
import { PeoplePicker } from '../people/PeoplePicker';
import { CreateRoom } from './actions';
import { useInboxStore } from './InboxProvider';
import styles from './Rooms.module.css';
import { DoorFields, NameFields, TERMS, termsFrom } from './TermsFields';

export default function NewRoomDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['chat', 'common']);
  const { client } = useApi();
  const inbox = useInboxStore();
  const navigate = useNavigate();
  const formId = useId();
  const [kind, setKind] = useState<RoomKind>('DUO');
  const [people, setPeople] = useState<readonly PersonCardFragment[]>([]);
  const { busy, faults, onSubmit } = useSubmit(async (fields) => {
    const empty = missing(fields, kind === 'GROUP' ? ['name'] : [], t('account.required'));
    if (empty.length > 0) return empty;
    if (kind === 'DUO' && people.length === 0) return missing(fields, ['memberIds'], t('create.pickOne'));
    const outcome = await act(client, CreateRoom, { input: inputFrom(fields) });
    if (!outcome.ok) return outcome.faults;
    const { room } = outcome.payload;
    if (room) {
      inbox.refresh(room.id);
      onClose();
      void navigate(`/rooms/${room.id}`);
    }
    return [];
  });
  return (
    <Dialog
      title={t('create.title')}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" form={formId} look="primary" busy={busy}>
            {kind === 'DUO' ? t('create.start') : kind === 'GROUP' ? t('create.create') : t('create.open')}
          </Button>
        </>
      }
    >
      <form id={formId} className={styles.form} onSubmit={onSubmit} noValidate>
        <Faults faults={faults} except={[...TERMS, 'memberIds']} />
        <Choice
          label={t('create.kind')}
          value={kind}
          onChange={(wanted) => {
            setKind(wanted);
            // Of several people none is the one.
            if (wanted === 'DUO') setPeople(people.slice(0, 1));
          }}
          options={[
            { value: 'DUO', label: t('create.direct') },
            { value: 'GROUP', label: t('create.group') },
            { value: 'SELF', label: t('create.self') },
          ]}
        />
        {kind === 'SELF' && <p className={styles.soft}>{t('create.selfText')}</p>}
        {kind === 'GROUP' && <NameFields faults={faults} />}
        {kind !== 'SELF' && (
          <PeoplePicker
            key={kind}
            label={t('create.who')}
            single={kind === 'DUO'}
            autoFocus={kind === 'DUO'}
            chosen={people}
            onChange={setPeople}
            fault={faultOn(faults, 'memberIds')}
          />
        )}
        {kind === 'GROUP' && <DoorFields faults={faults} />}
      </form>
    </Dialog>
  );

  function inputFrom(fields: FormData): CreateRoomInput {
    const memberIds = people.map(({ id }) => id);
    if (kind === 'SELF') return { kind };
    if (kind === 'DUO') return { kind, memberIds };
    const { password, ...terms } = termsFrom(fields);
    return { kind, memberIds, ...terms, password: password === '' ? null : password };
  }
}
