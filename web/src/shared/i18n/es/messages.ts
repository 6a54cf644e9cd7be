// Textos del panel de mensajes.
export default {} as const;
