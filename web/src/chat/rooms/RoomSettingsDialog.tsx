// What an owner or a moderator changes about a group.
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import { Button } from '../../shared/ui/Button';
import { Dialog } from '../../shared/ui/Dialog';
import { Faults } from '../../shared/ui/Faults';
import { Switch } from '../../shared/ui/Field';
import { toast } from '../../shared/ui/Toasts';
import { missing, useSubmit } from '../../shared/ui/useSubmit';
import { UpdateRoom } from './actions';
import styles from './Rooms.module.css';
import { DoorFields, NameFields, TERMS, termsFrom } from './TermsFields';
import type { RoomHead } from './useRoom';

export default function RoomSettingsDialog({ room, onClose }: { room: RoomHead; onClose: () => void }) {
  const { t } = useTranslation(['chat', 'common']);
  const { client } = useApi();
  const formId = useId();
  const [dropsPassword, setDropsPassword] = useState(false);
  const { busy, faults, onSubmit } = useSubmit(async (fields) => {
    const empty = missing(fields, ['name'], t('account.required'));
    if (empty.length > 0) return empty;
    const { password, ...terms } = termsFrom(fields);
    // Left out, the password stays; null takes it away.
    const change = dropsPassword ? { password: null } : password === '' ? {} : { password };
    const outcome = await act(client, UpdateRoom, { input: { roomId: room.id, ...terms, ...change } });
    if (!outcome.ok) return outcome.faults;
    toast({ text: t('details.saved') });
    onClose();
    return [];
  });
  return (
    <Dialog
      title={t('details.settings')}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" form={formId} look="primary" busy={busy}>
            {t('common:save')}
          </Button>
        </>
      }
    >
      <form id={formId} className={styles.form} onSubmit={onSubmit} noValidate>
        <Faults faults={faults} except={TERMS} />
        <NameFields room={room} faults={faults} />
        <DoorFields room={room} faults={faults} />
        {room.hasPassword && <Switch label={t('details.removePassword')} checked={dropsPassword} onChange={setDropsPassword} />}
      </form>
    </Dialog>
  );
}
