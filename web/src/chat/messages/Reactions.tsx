// Who reacted to a message, by emoji; pressing one joins in or takes one's own back.
import { useState } from 'react';
import { classes } from '../../shared/ui/classes';
import { useDesk } from './DeskProvider';
import type { Message } from './message';
import { WhoReacted } from './operations';
import { usePane } from './pane';
import styles from './Reactions.module.css';

const NAMES = 12;

export function Reactions({ message, tabIndex }: { message: Message; tabIndex: number }) {
  const { t, react, mayReact } = usePane();
  const { who, ask } = useWhoReacted(message);
  return (
    // Names are asked for once somebody points here.
    <div className={styles.reactions} role="group" aria-label={t('reactions.label')} onPointerEnter={ask} onFocus={ask}>
      {message.reactions.map(({ emoji, count, viewerReacted }) => (
        <button
          key={emoji}
          type="button"
          tabIndex={tabIndex}
          className={classes(styles.reaction, viewerReacted && styles.own)}
          aria-pressed={viewerReacted}
          aria-label={t(viewerReacted ? 'reactions.remove' : 'reactions.add', { emoji, count })}
          title={who.get(emoji)}
          disabled={!mayReact}
          onClick={() => react(message, emoji, !viewerReacted)}
        >
          <span className={styles.emoji} aria-hidden="true">
            {emoji}
          </span>
          <span aria-hidden="true">{count}</span>
        </button>
      ))}
    </div>
  );
}

function useWhoReacted({ id, reactions }: Message) {
  const { t } = usePane();
  const { api } = useDesk();
  const [told, setTold] = useState<{ who: ReadonlyMap<string, string>; of: Message['reactions'] } | null>(null);
  const ask = async () => {
    if (told?.of === reactions) return;
    const { data } = await api.direct.query(WhoReacted, { messageId: id, first: NAMES }).toPromise();
    if (data?.node?.__typename !== 'Message') return;
    const who = new Map<string, string>();
    for (const { emoji, count, users } of data.node.reactions) {
      const names = users.nodes.map(({ displayName }) => displayName).join(', ');
      const more = count - users.nodes.length;
      who.set(emoji, more > 0 ? t('reactions.whoMore', { names, count: more }) : names);
    }
    setTold({ who, of: reactions });
  };
  return { who: told?.who ?? new Map<string, string>(), ask: () => void ask() };
}
