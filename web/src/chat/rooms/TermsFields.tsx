// What a group is called and who may join it, for a new one and for one that is changed.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Fault } from '../../shared/api/faults';
import type { RoomVisibility } from '../../shared/gql/chat/graphql';
import { faultOn } from '../../shared/ui/Faults';
import { Choice, TextArea, TextField } from '../../shared/ui/Field';
import { text } from '../../shared/ui/useSubmit';
import type { RoomHead } from './useRoom';

/** The names of the fields, as the server calls them. */
export const TERMS = ['name', 'description', 'visibility', 'password', 'capacity'];

interface TermsProps {
  room?: RoomHead;
  faults: readonly Fault[];
}

/** What it is called, and what it is about. */
export function NameFields({ room, faults }: TermsProps) {
  const { t } = useTranslation('chat');
  return (
    <>
      <TextField label={t('create.name')} name="name" defaultValue={room?.name} autoComplete="off" autoFocus fault={faultOn(faults, 'name')} />
      <TextArea
        label={t('create.description')}
        name="description"
        optional
        rows={2}
        defaultValue={room?.description}
        fault={faultOn(faults, 'description')}
      />
    </>
  );
}

/** Who gets in, and how. */
export function DoorFields({ room, faults }: TermsProps) {
  const { t } = useTranslation('chat');
  const [visibility, setVisibility] = useState<RoomVisibility>(room?.visibility ?? 'PRIVATE');
  return (
    <>
      <Choice
        label={t('create.visibility')}
        value={visibility}
        onChange={setVisibility}
        hint={visibility === 'PUBLIC' ? t('create.publicHint') : t('create.privateHint')}
        options={[
          { value: 'PRIVATE', label: t('create.private') },
          { value: 'PUBLIC', label: t('create.public') },
        ]}
      />
      <input type="hidden" name="visibility" value={visibility} />
      <TextField
        label={t('create.password')}
        name="password"
        type="password"
        optional
        autoComplete="new-password"
        hint={room?.hasPassword ? t('details.hasPassword') : t('create.passwordHint')}
        fault={faultOn(faults, 'password')}
      />
      <TextField
        label={t('create.capacity')}
        name="capacity"
        inputMode="numeric"
        pattern="[0-9]*"
        optional
        defaultValue={room?.capacity ?? ''}
        hint={t('create.capacityHint')}
        fault={faultOn(faults, 'capacity')}
      />
    </>
  );
}

export interface Terms {
  readonly name: string;
  readonly description: string;
  readonly visibility: RoomVisibility;
  readonly password: string;
  readonly capacity: number | null;
}

export function termsFrom(fields: FormData): Terms {
  const capacity = Number.parseInt(text(fields, 'capacity'), 10);
  return {
    name: text(fields, 'name').trim(),
    description: text(fields, 'description').trim(),
    visibility: text(fields, 'visibility') === 'PUBLIC' ? 'PUBLIC' : 'PRIVATE',
    password: text(fields, 'password'),
    capacity: Number.isNaN(capacity) ? null : capacity,
  };
}
