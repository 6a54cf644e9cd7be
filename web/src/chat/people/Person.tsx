// A person in a list: picture, name, username.
import type { ReactNode } from 'react';
import type { PersonCardFragment } from '../../shared/gql/chat/graphql';
import { Avatar } from '../../shared/ui/Avatar';
import styles from './People.module.css';

export function Person({ person, note }: { person: PersonCardFragment; note?: ReactNode }) {
  return (
    <>
      <Avatar id={person.id} name={person.displayName} url={person.avatarUrl} presence={person.presence} />
      <span className={styles.words}>
        <span dir="auto">{person.displayName}</span>
        <span>
          @{person.username}
          {note && <> · {note}</>}
        </span>
      </span>
    </>
  );
}
