// A person where there is room for a line: picture, name, what they are; leads to their page.
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { graphql } from '../../shared/gql/admin';
import type { PersonFragment } from '../../shared/gql/admin/graphql';
import { Avatar } from '../../shared/ui/Avatar';
import { Badge } from './Badge';
import styles from './Person.module.css';

export const Person = graphql(`
  fragment Person on User {
    id
    username
    displayName
    avatarUrl
    isAdmin
    disabledAt
  }
`);

/** Null: an account that is gone. */
export function PersonLine({ person }: { person: PersonFragment | null | undefined }) {
  const { t } = useTranslation('admin');
  if (!person) return <span className={styles.gone}>{t('people.gone')}</span>;
  const { id, username, displayName, avatarUrl } = person;
  return (
    <span className={styles.line}>
      <Avatar id={id} name={displayName} url={avatarUrl} size={2} />
      <span className={styles.names}>
        <span className={styles.first}>
          <Link className={styles.name} to={`/users/${id}`}>
            {displayName}
          </Link>
          <PersonBadges person={person} />
        </span>
        {displayName !== username && <span className={styles.username}>{username}</span>}
      </span>
    </span>
  );
}

/** The name alone, within a sentence. */
export function PersonName({ person }: { person: Pick<PersonFragment, 'id' | 'displayName'> }) {
  return (
    <Link className={styles.name} to={`/users/${person.id}`}>
      {person.displayName}
    </Link>
  );
}

export function PersonBadges({ person }: { person: Pick<PersonFragment, 'isAdmin' | 'disabledAt'> }) {
  const { t } = useTranslation('admin');
  return (
    <>
      {person.isAdmin && <Badge tone="accent">{t('people.administrator')}</Badge>}
      {person.disabledAt && <Badge tone="bad">{t('people.disabled')}</Badge>}
    </>
  );
}
