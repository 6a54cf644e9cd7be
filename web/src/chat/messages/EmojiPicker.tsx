// All emoji there are, to search and to choose from. They are files of the page itself.
import { type EmojiData, EmojiPicker as Picker } from 'frimousse';
import { useTranslation } from 'react-i18next';
import { language } from '../../shared/i18n/language';
import styles from './EmojiPopover.module.css';

/** Newer ones are empty boxes on many devices. */
const NEWEST_VERSION = 15;
type Emoji = (typeof import('emojibase-data/en/data.json'))['default'];
type Words = (typeof import('emojibase-data/en/messages.json'))['default'];

const TONES = ['light', 'medium-light', 'medium', 'medium-dark', 'dark'] as const;

export default function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const { t } = useTranslation('messages');
  return (
    <Picker.Root className={styles.picker} locale={language()} columns={8} resolveEmojiData={resolve} onEmojiSelect={({ emoji }) => onPick(emoji)}>
      <Picker.Search className={styles.search} placeholder={t('emoji.search')} aria-label={t('emoji.search')} autoFocus />
      <Picker.Viewport className={styles.viewport}>
        <Picker.Loading className={styles.note}>{t('emoji.loading')}</Picker.Loading>
        <Picker.Empty className={styles.note}>{t('emoji.none')}</Picker.Empty>
        <Picker.List
          className={styles.list}
          components={{
            CategoryHeader: ({ category, ...rest }) => (
              <div {...rest} className={styles.category}>
                {category.label}
              </div>
            ),
            Row: ({ children, 'aria-rowindex': index, ...rest }) => (
              <div {...rest} aria-rowindex={fromOne(index)} className={styles.row}>
                {children}
              </div>
            ),
            Emoji: ({ emoji, 'aria-colindex': index, ...rest }) => (
              <button {...rest} type="button" aria-colindex={fromOne(index)} className={styles.emoji} data-active={emoji.isActive || undefined}>
                {emoji.emoji}
              </button>
            ),
          }}
        />
      </Picker.Viewport>
    </Picker.Root>
  );
}

/** The picker counts rows and columns from zero; those who hear of them count from one. */
function fromOne(index: number | undefined): number | undefined {
  return index === undefined ? undefined : index + 1;
}

let prepared: EmojiData | null = null;

/** Before the picker is drawn. */
export async function prepare(): Promise<void> {
  const locale = language();
  if (prepared?.locale !== locale) prepared = made(locale, await load(locale));
}

function resolve(): EmojiData {
  if (!prepared) throw new Error('The picker is drawn before it is prepared.');
  return prepared;
}

function made(locale: string, { emoji, messages }: { emoji: Emoji; messages: Words }): EmojiData {
  const groups = messages.groups.filter(({ key }) => key !== 'component');
  const known = new Set(groups.map(({ order }) => order));
  return {
    locale,
    categories: groups.map(({ order, message }) => ({ index: order, label: message })),
    skinTones: Object.fromEntries(messages.skinTones.map(({ key, message }) => [key, message])) as EmojiData['skinTones'],
    emojis: emoji.flatMap(({ emoji: sign, group, version, label, tags, skins }) => {
      if (group === undefined || !known.has(group) || version > NEWEST_VERSION) return [];
      const tones = skins?.flatMap(({ tone, emoji: toned }) => (typeof tone === 'number' ? [[TONES[tone - 1], toned] as const] : []));
      return [{ emoji: sign, category: group, version, label, tags: tags ?? [], skins: tones?.length === TONES.length ? Object.fromEntries(tones) : undefined }];
    }),
  };
}

async function load(locale: string): Promise<{ emoji: Emoji; messages: Words }> {
  const [emoji, messages] =
    locale === 'es'
      ? await Promise.all([import('emojibase-data/es/data.json'), import('emojibase-data/es/messages.json')])
      : await Promise.all([import('emojibase-data/en/data.json'), import('emojibase-data/en/messages.json')]);
  return { emoji: emoji.default, messages: messages.default };
}
