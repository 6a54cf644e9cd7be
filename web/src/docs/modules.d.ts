// Both are shipped as programs without types; this is as much of them as is used.
declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  export default function SwaggerUI(options: Record<string, unknown>): unknown;
}
declare module 'redoc/bundles/redoc.standalone.js' {
  export function init(url: string, options: Record<string, unknown>, element: Element): void;
}
