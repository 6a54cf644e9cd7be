// Swagger UI over the server's own document. Requests are sent to the server that served the page.
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import 'swagger-ui-dist/swagger-ui.css';

interface Sent {
  method?: string;
  headers: Record<string, string>;
}

SwaggerUI({
  url: '/api/schema/?format=json',
  dom_id: '#root',
  deepLinking: true,
  docExpansion: 'none',
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // Its badge asks a server elsewhere whether the document is valid.
  validatorUrl: null,
  // Who has signed in by cookie shows the other cookie's value with a write, as a page of the original would.
  requestInterceptor: (sent: Sent) => {
    const token = /(?:^|; )csrftoken=(\w+)/.exec(document.cookie)?.[1];
    if (token && sent.method && sent.method !== 'GET') sent.headers['X-CSRFToken'] ??= token;
    return sent;
  },
});
