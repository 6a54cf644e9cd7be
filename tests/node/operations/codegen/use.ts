// How a client reads the generated types. It only has to compile.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { MessagesDocument, SendMessageDocument } from './operations';

declare function execute<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data>;

export async function sendAndRead(roomId: string): Promise<string[]> {
  const { sendMessage } = await execute(SendMessageDocument, { input: { roomId, text: 'hello' } });
  const [fault] = sendMessage.errors;
  if (fault) throw new Error(`${fault.code}: ${fault.message}`);

  const { messages } = await execute(MessagesDocument, { roomId, last: 20 });
  return messages.edges.map(({ node }) => `${node.seq} ${node.createdAt} ${node.sender?.displayName ?? '?'}: ${node.text}`);
}
