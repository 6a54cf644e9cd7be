// Adding people to a group, with the role they get.
import { useId, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import type { MemberRole, PersonCardFragment } from '../../shared/gql/chat/graphql';
import { Button } from '../../shared/ui/Button';
import { Dialog } from '../../shared/ui/Dialog';
import { Faults, faultOn } from '../../shared/ui/Faults';
import { SelectField } from '../../shared/ui/Field';
import { toast } from '../../shared/ui/Toasts';
import { missing, useSubmit } from '../../shared/ui/useSubmit';
import { PeoplePicker } from '../people/PeoplePicker';
import { AddMembers } from './actions';
import { rolesGivenBy } from './roles';
import styles from './Rooms.module.css';
import type { RoomHead } from './useRoom';

export interface AddMembersDialogProps {
  room: RoomHead;
  /** Those who are known to be in, and need no adding. */
  memberIds: readonly string[];
  onClose: () => void;
}

export default function AddMembersDialog({ room, memberIds, onClose }: AddMembersDialogProps) {
  const { t } = useTranslation(['chat', 'common']);
  const { client } = useApi();
  const formId = useId();
  const [people, setPeople] = useState<readonly PersonCardFragment[]>([]);
  const [role, setRole] = useState<MemberRole>('MEMBER');
  const except = useMemo(() => new Set(memberIds), [memberIds]);
  const { busy, faults, onSubmit } = useSubmit(async (fields) => {
    if (people.length === 0) return missing(fields, ['userIds'], t('create.pickOne'));
    const outcome = await act(client, AddMembers, { input: { roomId: room.id, userIds: people.map(({ id }) => id), role } });
    if (!outcome.ok) return outcome.faults;
    toast({ text: t('details.added', { count: people.length }) });
    onClose();
    return [];
  });
  return (
    <Dialog
      title={t('details.addTo', { name: room.name })}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" form={formId} look="primary" busy={busy}>
            {people.length === 0 ? t('details.add') : t('details.addAction', { count: people.length })}
          </Button>
        </>
      }
    >
      <form id={formId} className={styles.form} onSubmit={onSubmit} noValidate>
        <Faults faults={faults} except={['userIds']} />
        <PeoplePicker chosen={people} onChange={setPeople} except={except} fault={faultOn(faults, 'userIds')} />
        <SelectField
          label={t('details.as')}
          value={role}
          hint={t(`details.roleHint.${role}`)}
          onChange={(event) => setRole(event.target.value as MemberRole)}
        >
          {rolesGivenBy(room.viewerRole).map((each) => (
            <option key={each} value={each}>
              {t(`details.role.${each}`)}
            </option>
          ))}
        </SelectField>
      </form>
    </Dialog>
  );
}
