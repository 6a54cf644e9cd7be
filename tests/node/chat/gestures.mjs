// What a browser library has no word for: files that are pasted and dropped, and a server that answers otherwise.

export async function paste({ field }, name, bytes) {
  await field.evaluate(
    (element, [fileName, text]) => {
      const data = new DataTransfer();
      const buffer = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
      data.items.add(new File([buffer], fileName, { type: 'image/png' }));
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    },
    [name, bytes.toString('base64')],
  );
}

export async function drop({ page }, name, text) {
  const data = await page.evaluateHandle(
    ([fileName, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], fileName, { type: 'text/plain' }));
      return transfer;
    },
    [name, text],
  );
  const feed = page.getByRole('feed');
  for (const type of ['dragenter', 'dragover']) await feed.dispatchEvent(type, { dataTransfer: data });
  await page.getByText('Drop files here to send them').waitFor();
  await feed.dispatchEvent('drop', { dataTransfer: data });
}

/** The bytes of files wait until the function given back is called. */
export async function holdFiles({ page }) {
  let release;
  const released = new Promise((resolve) => {
    release = resolve;
  });
  await page.route('**/media/uploads/**', async (route) => {
    if (route.request().method() === 'PUT') await released;
    await route.continue();
  });
  return release;
}

/** Sends are answered by a refusal, as a server does that has a rule. */
export async function refuseSends({ page }) {
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('mutation SendMessage')) return route.fallback();
    const errors = [{ __typename: 'UserError', code: 'BAD_INPUT', message: 'The dog ate it.', path: [] }];
    return route.fulfill({ json: { data: { sendMessage: { __typename: 'SendMessagePayload', edge: null, errors } } } });
  });
}

/** Sends are lost on their way. */
export async function loseSends({ page, forgive }) {
  forgive(/ERR_CONNECTION_RESET/);
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('mutation SendMessage')) return route.fallback();
    return route.abort('connectionreset');
  });
}

export async function sendAsBefore({ page }) {
  await page.unroute('**/graphql');
}
