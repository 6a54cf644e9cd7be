// One room: what it is, who is in it, and what administrators did to it.
import { DoorClosed } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { RoomFactsFragment } from '../../shared/gql/admin/graphql';
import { Avatar } from '../../shared/ui/Avatar';
import { buttonClass } from '../../shared/ui/Button';
import { EmptyState } from '../../shared/ui/EmptyState';
import { Faults } from '../../shared/ui/Faults';
import { Loading } from '../../shared/ui/Spinner';
import { AuditSection } from '../audit/AuditSection';
import { useFormat } from '../parts/format';
import { Facts, Page, Section } from '../parts/Page';
import { PersonLine } from '../parts/Person';
import { KindIcon, RoomBadges } from '../parts/Room';
import { Time } from '../parts/Time';
import { useRead } from '../parts/useRead';
import { OneRoom } from './documents';
import { Members } from './Members';
import { RoomActions } from './RoomActions';

export function RoomPage({ id }: { id: string }) {
  const { t } = useTranslation('admin');
  const { data, faults, isBusy, again } = useRead(OneRoom, { id });
  const room = data?.room;
  if (!room) {
    if (faults.length > 0) return <Faults faults={faults} onRetry={again} />;
    return isBusy ? <Loading /> : <NoRoom />;
  }
  return (
    <Page
      title={room.name}
      mark={<Avatar id={room.id} name={room.name} shape="room" icon={<KindIcon kind={room.kind} />} size={4} />}
      lead={
        <>
          <span>{t(`rooms.kinds.${room.kind}`)}</span>
          <RoomBadges room={room} />
          <Link to={`/messages?room=${id}`}>{t('rooms.searchMessages')}</Link>
          {room.viewerRole && <a href={`/rooms/${id}`}>{t('rooms.openInChat')}</a>}
        </>
      }
      actions={<RoomActions room={room} />}
    >
      <About room={room} />
      <Members room={room} />
      <AuditSection title={t('rooms.auditAbout')} filter={{ targetId: id }} none={t('rooms.auditAboutNone')} />
    </Page>
  );
}

function About({ room }: { room: RoomFactsFragment }) {
  const { t } = useTranslation('admin');
  const { count } = useFormat();
  const yes = (is: boolean) => t(is ? 'yes' : 'no');
  return (
    <Section title={t('rooms.about')}>
      <Facts
        facts={[
          [t('rooms.visibility'), t(`rooms.visibilities.${room.visibility}`)],
          [t('rooms.capacity'), room.capacity === null ? t('rooms.noLimit') : count(room.capacity)],
          [t('rooms.hasPassword'), yes(room.hasPassword)],
          [t('rooms.isOpen'), yes(room.isOpen)],
          [t('rooms.since'), <Time key="since" at={room.createdAt} />],
          [t('rooms.createdBy'), <PersonLine key="by" person={room.createdBy} />],
          [t('rooms.archivedSince'), room.archivedAt && <Time key="archived" at={room.archivedAt} />],
          [t('rooms.number'), room.databaseId],
          [t('rooms.description'), room.description],
        ]}
      />
    </Section>
  );
}

function NoRoom() {
  const { t } = useTranslation('admin');
  return (
    <EmptyState
      icon={<DoorClosed aria-hidden="true" />}
      title={t('rooms.gone')}
      actions={
        <Link className={buttonClass('secondary')} to="/rooms">
          {t('rooms.toAll')}
        </Link>
      }
    >
      {t('rooms.goneText')}
    </EmptyState>
  );
}
