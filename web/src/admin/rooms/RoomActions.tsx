// What can be done to a room, each asked for once more.
import { Archive, ArchiveRestore, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { act } from '../../shared/api/act';
import { useApi } from '../../shared/api/ApiProvider';
import type { RoomFactsFragment } from '../../shared/gql/admin/graphql';
import { Button } from '../../shared/ui/Button';
import { faultOn } from '../../shared/ui/Faults';
import { TextArea, TextField } from '../../shared/ui/Field';
import { toast } from '../../shared/ui/Toasts';
import { text } from '../../shared/ui/useSubmit';
import { ActDialog } from '../parts/ActDialog';
import { ArchiveRoom, DeleteRoom, UpdateRoom } from './documents';

export function RoomActions({ room }: { room: RoomFactsFragment }) {
  const { t } = useTranslation('admin');
  const [asked, setAsked] = useState<'edit' | 'archive' | 'delete'>();
  const close = () => setAsked(undefined);
  const isArchived = room.archivedAt !== null;
  return (
    <>
      {/* The others are named by their members. */}
      {room.kind === 'GROUP' && (
        <Button onClick={() => setAsked('edit')}>
          <Pencil aria-hidden="true" />
          {t('rooms.edit')}
        </Button>
      )}
      <Button onClick={() => setAsked('archive')}>
        {isArchived ? <ArchiveRestore aria-hidden="true" /> : <Archive aria-hidden="true" />}
        {t(isArchived ? 'rooms.unarchive' : 'rooms.archive')}
      </Button>
      <Button look="danger" onClick={() => setAsked('delete')}>
        <Trash2 aria-hidden="true" />
        {t('rooms.delete')}
      </Button>
      {asked === 'edit' && <EditRoom room={room} onClose={close} />}
      {asked === 'archive' && <ArchiveDialog room={room} onClose={close} />}
      {asked === 'delete' && <DeleteDialog room={room} onClose={close} />}
    </>
  );
}

interface AskedProps {
  room: RoomFactsFragment;
  onClose: () => void;
}

function EditRoom({ room, onClose }: AskedProps) {
  const { t } = useTranslation('admin');
  const { client } = useApi();
  return (
    <ActDialog
      title={t('rooms.editTitle', { name: room.name })}
      action={t('rooms.save')}
      fields={['name', 'description']}
      act={(fields) =>
        act(client, UpdateRoom, {
          input: { roomId: room.id, name: text(fields, 'name').trim(), description: text(fields, 'description').trim() },
        })
      }
      onDone={() => {
        toast({ text: t('rooms.saved') });
        onClose();
      }}
      onClose={onClose}
    >
      {(faults) => (
        <>
          <TextField label={t('rooms.name')} name="name" autoComplete="off" autoFocus defaultValue={room.name} fault={faultOn(faults, 'name')} />
          <TextArea label={t('rooms.description')} name="description" optional defaultValue={room.description} fault={faultOn(faults, 'description')} />
        </>
      )}
    </ActDialog>
  );
}

function ArchiveDialog({ room: { id, name, archivedAt }, onClose }: AskedProps) {
  const { t } = useTranslation('admin');
  const { client } = useApi();
  const on = archivedAt === null;
  return (
    <ActDialog
      title={t(on ? 'rooms.archiveTitle' : 'rooms.unarchiveTitle', { name })}
      action={t(on ? 'rooms.archive' : 'rooms.unarchive')}
      act={() => act(client, ArchiveRoom, { input: { roomId: id, on } })}
      onDone={() => {
        toast({ text: t(on ? 'rooms.archivedNow' : 'rooms.unarchivedNow', { name }) });
        onClose();
      }}
      onClose={onClose}
    >
      {t(on ? 'rooms.archiveText' : 'rooms.unarchiveText')}
    </ActDialog>
  );
}

function DeleteDialog({ room: { id, name }, onClose }: AskedProps) {
  const { t } = useTranslation('admin');
  const { client } = useApi();
  const navigate = useNavigate();
  return (
    <ActDialog
      title={t('rooms.deleteTitle', { name })}
      action={t('rooms.delete')}
      danger
      typed={{ label: t('rooms.deleteTyped', { name }), expected: name }}
      act={() => act(client, DeleteRoom, { input: { roomId: id } })}
      onDone={() => {
        toast({ text: t('rooms.deletedNow', { name }) });
        void navigate('/rooms', { replace: true });
      }}
      onClose={onClose}
    >
      {t('rooms.deleteText')}
    </ActDialog>
  );
}
