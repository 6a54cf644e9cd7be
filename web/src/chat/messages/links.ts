// Links of a file as they are good from now on.
import type { Client } from '@urql/core';
import type { Attachment } from './message';
import { FreshLinks } from './operations';

/** Null when the file is not there any more, or nobody could say. */
export async function freshLinks(client: Client, attachmentId: string): Promise<Attachment | null> {
  const { data } = await client.query(FreshLinks, { attachmentId }).toPromise();
  return data?.node?.__typename === 'Attachment' ? data.node : null;
}
