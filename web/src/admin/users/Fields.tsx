// Fields of a person that making and changing one share.
import { useTranslation } from 'react-i18next';
import type { Fault } from '../../shared/api/faults';
import type { UserType } from '../../shared/gql/admin/graphql';
import { faultOn } from '../../shared/ui/Faults';
import { SelectField, TextField } from '../../shared/ui/Field';
import { text } from '../../shared/ui/useSubmit';
import pairs from '../parts/ActDialog.module.css';

const TYPES: readonly UserType[] = ['OTHER', 'STUDENT', 'STAFF', 'OWNER'];

export function NameFields({ faults, firstName, lastName }: { faults: readonly Fault[]; firstName?: string; lastName?: string }) {
  const { t } = useTranslation('admin');
  return (
    <div className={pairs.pair}>
      <TextField label={t('users.firstName')} name="firstName" optional autoComplete="off" defaultValue={firstName} fault={faultOn(faults, 'firstName')} />
      <TextField label={t('users.lastName')} name="lastName" optional autoComplete="off" defaultValue={lastName} fault={faultOn(faults, 'lastName')} />
    </div>
  );
}

export function TypeField({ value = 'OTHER' }: { value?: UserType }) {
  const { t } = useTranslation('admin');
  return (
    <SelectField label={t('users.type')} name="userType" hint={t('users.typeHint')} defaultValue={value}>
      {TYPES.map((each) => (
        <option key={each} value={each}>
          {t(`users.types.${each}`)}
        </option>
      ))}
    </SelectField>
  );
}

export function typeIn(fields: FormData): UserType {
  const written = text(fields, 'userType');
  return TYPES.find((each) => each === written) ?? 'OTHER';
}
