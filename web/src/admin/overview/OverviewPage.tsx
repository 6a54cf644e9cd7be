// What the server is doing now.
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Faults } from '../../shared/ui/Faults';
import { Loading } from '../../shared/ui/Spinner';
import { useFormat } from '../parts/format';
import { Facts, Page, Section } from '../parts/Page';
import { Time } from '../parts/Time';
import { ChartCard } from './ChartCard';
import { type Line, seriesOf } from './figures';
import styles from './OverviewPage.module.css';
import { Queues } from './Queues';
import { type Figures, useFigures } from './useFigures';

export function OverviewPage() {
  const { t } = useTranslation('admin');
  const { samples, faults } = useFigures();
  const now = samples.at(-1);
  return (
    <Page title={t('overview.title')} lead={now && t('overview.lead', { version: now.version })}>
      <Faults faults={faults} />
      {!now && faults.length === 0 && <Loading />}
      {now && <Charts samples={samples} now={now} />}
      {now && <Queues queues={now.queues} />}
      {now && <Totals now={now} />}
    </Page>
  );
}

function Charts({ samples, now }: { samples: readonly Figures[]; now: Figures }) {
  const { t } = useTranslation('admin');
  const { count, short, bytes } = useFormat();
  const [at, setAt] = useState<number | null>(null);
  const { times, lines } = useMemo(() => seriesOf(samples), [samples]);
  const common = (line: Line) => ({ title: t(`overview.${line}`), times, points: lines[line], at, onPoint: setAt });
  return (
    <section className={styles.charts} aria-label={t('overview.live')}>
      <ChartCard
        {...common('connectionsOpen')}
        write={count}
        note={t('overview.doors', { sockets: count(now.socketsOpen), streams: count(now.streamsOpen) })}
      />
      <ChartCard {...common('peopleOnline')} write={count} />
      <ChartCard {...common('liveRooms')} write={count} note={t('overview.readers', { count: now.liveReaders, shown: count(now.liveReaders) })} />
      <ChartCard {...common('memoryBytes')} write={bytes} />
      <ChartCard {...common('sendsTotal')} write={short} />
      <ChartCard {...common('deliveriesTotal')} write={short} />
      <ChartCard {...common('requestsTotal')} write={short} />
      <ChartCard {...common('errorsTotal')} write={short} isBad />
    </section>
  );
}

function Totals({ now }: { now: Figures }) {
  const { t } = useTranslation('admin');
  const { count, duration } = useFormat();
  return (
    <div className={styles.pair}>
      <Section title={t('overview.totals')}>
        <Facts
          facts={[
            [t('nav.users'), count(now.users)],
            [t('nav.rooms'), count(now.rooms)],
            [t('nav.messages'), count(now.messages)],
          ]}
        />
      </Section>
      <Section title={t('overview.node')}>
        <Facts
          facts={[
            [t('overview.database'), now.database],
            [t('overview.bus'), now.bus ?? t('overview.oneNode')],
            [t('overview.up'), duration(Date.parse(now.at) - Date.parse(now.startedAt))],
            [t('overview.since'), <Time key="since" at={now.startedAt} />],
          ]}
        />
      </Section>
    </div>
  );
}
