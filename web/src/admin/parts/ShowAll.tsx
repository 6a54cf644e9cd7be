import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';

/** From the first few of a list to the page that has all of it. */
export function ShowAll({ to }: { to: string }) {
  const { t } = useTranslation('admin');
  return <Link to={to}>{t('showAll')}</Link>;
}
