// Runs in the browser, after swagger-ui-bundle.js. A file of its own, since the page's policy forbids inline scripts.
window.ui = window.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  filter: true,
  displayOperationId: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  // The badge would send the address of the document to somebody else's server.
  validatorUrl: null,
});
