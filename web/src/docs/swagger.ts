// Swagger UI over the server's own document. Requests are sent to the server that served the page.
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import 'swagger-ui-dist/swagger-ui.css';

SwaggerUI({
  url: '/api/schema/?format=json',
  dom_id: '#root',
  deepLinking: true,
  docExpansion: 'none',
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // Its badge asks a server elsewhere whether the document is valid.
  validatorUrl: null,
});
