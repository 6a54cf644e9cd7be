// The settings in force and where each was set. Secrets come masked from the server.
import { useTranslation } from 'react-i18next';
import { graphql } from '../../shared/gql/admin';
import { Badge } from '../parts/Badge';
import { DataTable } from '../parts/DataTable';
import { Bones, ListFaults } from '../parts/List';
import { Narrow, NarrowChoice, NarrowText } from '../parts/Narrow';
import { Page, Section } from '../parts/Page';
import { useNarrowing } from '../parts/place';
import { useRead } from '../parts/useRead';
import styles from './ConfigurationPage.module.css';
import { byTable, fitting, isSet, type Setting } from './settings';

const Configuration = graphql(`
  query Configuration {
    configuration {
      key
      value
      source
    }
  }
`);

export function ConfigurationPage() {
  const { t } = useTranslation('admin');
  const { get } = useNarrowing();
  const read = useRead(Configuration, {});
  const all = read.data?.configuration;
  const wanted = get('set') === '' ? all : all?.filter(isSet);
  const tables = byTable(fitting(wanted ?? [], get('q')));
  return (
    <Page title={t('nav.configuration')} lead={t('configuration.lead')}>
      <Narrow label={t('narrow')}>
        <NarrowText name="q" label={t('configuration.search')} placeholder={t('configuration.searchHint')} />
        <NarrowChoice
          name="set"
          label={t('configuration.which')}
          options={[
            ['', t('configuration.all')],
            ['yes', t('configuration.changed')],
          ]}
        />
      </Narrow>
      <ListFaults read={read} />
      {!all && read.isBusy && <Bones />}
      {all && tables.length === 0 && <p role="status">{t('configuration.none')}</p>}
      {tables.map(({ name, settings }) => (
        <Section key={name} title={name === '' ? t('configuration.general') : name}>
          <SettingsTable label={name || t('configuration.general')} settings={settings} />
        </Section>
      ))}
    </Page>
  );
}

function SettingsTable({ label, settings }: { label: string; settings: readonly Setting[] }) {
  const { t } = useTranslation('admin');
  return (
    <DataTable
      label={label}
      rows={settings}
      rowKey={({ key }) => key}
      columns={[
        { head: t('configuration.key'), cell: ({ key }) => <code className={styles.code}>{key}</code> },
        { head: t('configuration.value'), kind: 'wide', cell: ({ value }) => <code className={styles.code}>{value || '–'}</code> },
        {
          head: t('configuration.source'),
          cell: (setting) => (isSet(setting) ? <Badge tone="accent">{setting.source}</Badge> : <span className={styles.soft}>{setting.source}</span>),
        },
      ]}
    />
  );
}
