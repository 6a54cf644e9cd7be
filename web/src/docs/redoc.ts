// ReDoc over the server's own document.
import { init } from 'redoc/bundles/redoc.standalone.js';

const root = document.getElementById('root');
if (root) init('/api/schema/?format=json', { hideDownloadButton: false, nativeScrollbars: true }, root);
