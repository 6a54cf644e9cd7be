// Sends a file: announced first, so that the server refuses what is too large before a byte travels, then its bytes.
import type { Client } from '@urql/core';
import { graphql } from '../gql/shared';
import { language } from '../i18n/language';
import { act } from './act';
import { type Fault, faultOf, type GraphQLFault, networkFault } from './faults';
import { ownUrl } from './urls';

const CreateUpload = graphql(`
  mutation CreateUpload($input: CreateUploadInput!) {
    createUpload(input: $input) {
      ticket {
        id
        url
        maxBytes
        headers {
          name
          value
        }
      }
      errors {
        ...Fault
      }
    }
  }
`);

export type Uploaded = { readonly ok: true; readonly uploadId: string } | { readonly ok: false; readonly faults: readonly Fault[] };

/** `onProgress` gets the part that is sent, from 0 to 1. Aborting rejects with an AbortError. */
export async function upload(
  client: Client,
  file: File,
  { onProgress, signal }: { onProgress?: (part: number) => void; signal?: AbortSignal } = {},
): Promise<Uploaded> {
  const announced = await act(client, CreateUpload, {
    input: { fileName: file.name, contentType: file.type || 'application/octet-stream', byteSize: file.size },
  });
  if (!announced.ok) return announced;
  signal?.throwIfAborted();
  const { ticket } = announced.payload;
  const url = ownUrl(ticket?.url);
  if (!ticket || !url) return { ok: false, faults: [networkFault()] };
  const faults = await put(url, ticket.headers, file, onProgress, signal);
  return faults.length === 0 ? { ok: true, uploadId: ticket.id } : { ok: false, faults };
}

/** Not fetch, which tells nothing of how much has been sent. */
function put(
  url: string,
  headers: readonly { name: string; value: string }[],
  file: File,
  onProgress?: (part: number) => void,
  signal?: AbortSignal,
): Promise<Fault[]> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal?.addEventListener('abort', abort);
    request.open('PUT', url);
    request.setRequestHeader('accept-language', language());
    for (const { name, value } of headers) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
    request.onload = () => resolve(request.status < 300 ? [] : [faultOfAnswer(request)]);
    request.onerror = () => resolve([networkFault()]);
    request.onabort = () => reject(signal?.reason ?? new DOMException('The upload was given up.', 'AbortError'));
    request.onloadend = () => signal?.removeEventListener('abort', abort);
    request.send(file);
  });
}

function faultOfAnswer(request: XMLHttpRequest): Fault {
  try {
    const { errors } = JSON.parse(request.responseText) as { errors: [GraphQLFault] };
    return faultOf(errors[0]);
  } catch {
    return faultOf({ message: '', extensions: { code: 'INTERNAL', requestId: request.getResponseHeader('x-request-id') } });
  }
}
