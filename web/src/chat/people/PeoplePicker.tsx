// Choosing people by typing the beginning of their names: one, or several.
import { X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { faultsOf } from '../../shared/api/faults';
import type { PersonCardFragment } from '../../shared/gql/chat/graphql';
import { Avatar } from '../../shared/ui/Avatar';
import { Faults } from '../../shared/ui/Faults';
import { TextField } from '../../shared/ui/Field';
import { useDebounced } from '../../shared/ui/useDebounced';
import { FindPeople } from './documents';
import styles from './People.module.css';
import { Person } from './Person';

const SHOWN = 20;

export interface PeoplePickerProps {
  chosen: readonly PersonCardFragment[];
  onChange: (chosen: readonly PersonCardFragment[]) => void;
  single?: boolean;
  /** People who are not offered. */
  except?: ReadonlySet<string>;
  label?: string;
  autoFocus?: boolean;
  fault?: string | undefined;
}

export function PeoplePicker({ chosen, onChange, single = false, except, label, autoFocus = true, fault }: PeoplePickerProps) {
  const { t } = useTranslation('chat');
  const [wanted, setWanted] = useState('');
  const search = useDebounced(wanted.trim());
  const [{ data, error }] = useQuery({ query: FindPeople, variables: { search, first: SHOWN }, requestPolicy: 'cache-and-network' });
  const people = data?.users.nodes.slice(0, SHOWN).filter(({ id }) => !except?.has(id)) ?? [];
  const isChosen = (person: PersonCardFragment) => chosen.some(({ id }) => id === person.id);
  const toggle = (person: PersonCardFragment) => {
    if (single) onChange([person]);
    else onChange(isChosen(person) ? chosen.filter(({ id }) => id !== person.id) : [...chosen, person]);
  };
  return (
    <div className={styles.picker}>
      {chosen.length > 0 && !single && (
        <ul className={styles.chosen} aria-label={t('people.chosen')}>
          {chosen.map((person) => (
            <li key={person.id}>
              <button
                type="button"
                className={styles.chip}
                aria-label={t('people.remove', { name: person.displayName })}
                onClick={() => toggle(person)}
              >
                <Avatar id={person.id} name={person.displayName} url={person.avatarUrl} size={1.5} />
                {person.displayName}
                <X />
              </button>
            </li>
          ))}
        </ul>
      )}
      <TextField
        label={label ?? t('people.search')}
        type="search"
        placeholder={t('people.searchHint')}
        value={wanted}
        autoComplete="off"
        autoFocus={autoFocus}
        fault={fault}
        onChange={(event) => setWanted(event.target.value)}
      />
      {error && <Faults faults={faultsOf(error)} />}
      <ul className={styles.results} aria-label={t('find.people')}>
        {people.map((person) => (
          <li key={person.id}>
            <label className={styles.person}>
              <input type={single ? 'radio' : 'checkbox'} name="person" checked={isChosen(person)} onChange={() => toggle(person)} />
              <Person person={person} />
            </label>
          </li>
        ))}
        {data && people.length === 0 && <li className={styles.none}>{t('people.none')}</li>}
      </ul>
    </div>
  );
}
