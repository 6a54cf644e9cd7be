// Choosing a person or a room; what is chosen stands in the address, as an id.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { graphql } from '../../shared/gql/admin';
import type { PersonFragment, RoomLineFragment } from '../../shared/gql/admin/graphql';
import { Avatar } from '../../shared/ui/Avatar';
import { useDebounced } from '../../shared/ui/useDebounced';
import { type Option, Picker } from './Picker';
import { KindIcon } from './Room';
import { useRead } from './useRead';

const SHOWN = 10;

const PickPeople = graphql(`
  query PickPeople($search: String!, $first: Int!) {
    users(filter: { search: $search }, first: $first) {
      nodes {
        ...Person
      }
    }
  }
`);

const PickedPerson = graphql(`
  query PickedPerson($id: ID!) {
    user(id: $id) {
      ...Person
    }
  }
`);

const PickRooms = graphql(`
  query PickRooms($search: String!, $first: Int!) {
    rooms(filter: { search: $search, scope: ALL }, first: $first) {
      nodes {
        ...RoomLine
      }
    }
  }
`);

const PickedRoom = graphql(`
  query PickedRoom($id: ID!) {
    room(id: $id) {
      ...RoomLine
    }
  }
`);

export interface PickedProps {
  label: string;
  /** An id; empty when nothing is chosen. */
  value: string;
  onChange: (id: string) => void;
}

export function PersonPicker({ label, value, onChange }: PickedProps) {
  const { t } = useTranslation('admin');
  const [text, setText] = useState('');
  const search = useDebounced(text);
  const found = useRead(PickPeople, { search, first: SHOWN }, { pause: search === '' });
  const picked = useRead(PickedPerson, { id: value }, { pause: value === '' });
  return (
    <Picker
      label={label}
      placeholder={t('picker.person')}
      chosen={value === '' ? null : personOption(picked.data?.user, value)}
      options={found.data?.users.nodes.map((person) => personOption(person, person.id)) ?? []}
      onText={setText}
      onChoose={(option) => onChange(option?.id ?? '')}
    />
  );
}

export function RoomPicker({ label, value, onChange }: PickedProps) {
  const { t } = useTranslation('admin');
  const [text, setText] = useState('');
  const search = useDebounced(text);
  const found = useRead(PickRooms, { search, first: SHOWN }, { pause: search === '' });
  const picked = useRead(PickedRoom, { id: value }, { pause: value === '' });
  return (
    <Picker
      label={label}
      placeholder={t('picker.room')}
      chosen={value === '' ? null : roomOption(picked.data?.room, value)}
      options={found.data?.rooms.nodes.map((room) => roomOption(room, room.id)) ?? []}
      onText={setText}
      onChoose={(option) => onChange(option?.id ?? '')}
    />
  );
}

function personOption(person: PersonFragment | null | undefined, id: string): Option {
  if (!person) return { id, name: '…' };
  const { displayName, username, avatarUrl } = person;
  const mark = <Avatar id={id} name={displayName} url={avatarUrl} size={1.5} />;
  return { id, name: displayName, mark, ...(displayName === username ? {} : { note: username }) };
}

function roomOption(room: RoomLineFragment | null | undefined, id: string): Option {
  if (!room) return { id, name: '…' };
  return { id, name: room.name, mark: <Avatar id={id} name={room.name} shape="room" icon={<KindIcon kind={room.kind} />} size={1.5} /> };
}
