// The page at GET /graphql: GraphiQL with operations that work in order, and a token that follows from one to the next.
import 'graphiql/setup-workers/vite';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './playground.css';

import { GraphiQL } from 'graphiql';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { followChat } from './chat';
import { fetcher } from './fetcher';
import { openingTab, TABS } from './tabs';
import { TokenBar } from './TokenBar';

const root = document.getElementById('root');
if (!root) throw new Error('The page has no #root to draw in.');

followChat();

// GraphiQL fills the variables of the tab it starts in only from these two props, and a tab it cannot match
// with them it opens a second time.
const opening = openingTab(sessionStorage);

// Tabs and history hold passwords typed as variables, so they too end with the browser tab.
createRoot(root).render(
  <StrictMode>
    <TokenBar />
    <main>
      <GraphiQL
        fetcher={fetcher}
        storage={sessionStorage}
        defaultTabs={TABS}
        initialQuery={opening?.query ?? ''}
        initialVariables={opening?.variables ?? ''}
        defaultEditorToolsVisibility="variables"
        inputValueDeprecation
        schemaDescription
      >
        <GraphiQL.Logo>{null}</GraphiQL.Logo>
      </GraphiQL>
    </main>
  </StrictMode>,
);
